package db_test

import (
	"strings"
	"testing"

	"cardea/platform/db"
)

func TestURLsOfDatabasesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, want string }{
		{"sqlite:/var/lib/cardea/cardea.db", ""},
		{"sqlite:cardea.db?mode=ro", "a SQLite database has no parameters"},
		{"postgres://cardea@db/cardea", ""},
		{"postgresql://cardea:secretword@a:5432,b:5433/cardea?sslmode=verify-full&target_session_attrs=read-write&pool_max_conns=8", ""},
		{"postgres://cardea@db/cardea?TimeZone=UTC&options=-c%20work_mem%3D8MB&ext.setting=1", ""},
		{"postgres://cardea:secretword@db/cardea?sslmod=require", `unknown parameter "sslmod": sslmode?`},
		{"postgres://db/cardea?pool_max_con=3&sslmode=disable&aplication_name=x", "unknown parameter \"aplication_name\": application_name?\nunknown parameter \"pool_max_con\": pool_max_conns?"},
		{"postgres://db/cardea?frobnicate=1", "options=-c%20name=value"},
		{"postgres://db/cardea?sslmode=sometimes&password=secretword", "sslmode is invalid"},
		{"postgres://db/cardea?connect_timeout=soon", "connect_timeout"},
		{"postgres://db/cardea?sslmod=off&connect_timeout=soon&pool_max_conns=x&target_session_attrs=best&sslmode=sometimes&password=secretword",
			"unknown parameter \"sslmod\": sslmode?\ninvalid connect_timeout (strconv.ParseInt: parsing \"soon\": invalid syntax)\n" +
				"pool_max_conns is \"x\", not a count\nfailed to configure TLS (sslmode is invalid)\nunknown target_session_attrs value: best"},
		{"postgres://db:123456/cardea?connect_timeout=soon", "invalid port\ninvalid connect_timeout"},
		{"postgres://db/cardea?pooler=transaction&search_path=x", "the parameter search_path of the url does not reach"},
		{"postgres://cardea:secretword@db:port/cardea", "cannot be parsed"},
		{"postgres://db/cardea?a=%zz", "cannot be parsed"},
	} {
		err := db.CheckURL(c.url)
		if c.want == "" && err != nil {
			t.Errorf("%s: got %v", c.url, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secretword")) {
			t.Errorf("%s: got %v, want %q", c.url, err, c.want)
		}
	}
}
