package server_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// keep writes the kept databases that are missing: after a new migration run `go test ./server -run Kept -keep`, and commit the file.
var keep = flag.Bool("keep", false, "write kept databases that are missing")

const migrationsFolder = "../platform/db/migrations"

// keptDatabase is a database of one version of the schema, and what is known of what is in it.
type keptDatabase struct {
	Pool, Client, RefreshToken string
	Tables                     []dbtest.Table
}

func keptFile(migration string) string {
	return filepath.Join("testdata", "kept", migration+".json.gz")
}

// TestKeptDatabasesOfEachVersionServe opens a database of each version of the schema, on both engines. Nothing in it is lost, and its
// users sign in and go on with their sessions.
func TestKeptDatabasesOfEachVersionServe(t *testing.T) {
	t.Parallel()
	for _, migration := range dbtest.Migrations(t, migrationsFolder) {
		t.Run(migration, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(keptFile(migration)); errors.Is(err, fs.ErrNotExist) && *keep {
				writeKept(t, migration)
			}
			from := readKept(t, migration)
			dbtest.EachEmpty(t, func(t *testing.T, url string) {
				dbtest.Fill(t, url, dbtest.Through(t, migrationsFolder, migration), from.Tables)
				w := servertest.New(t, url, nil)
				dbtest.Holds(t, w.DB, from.Tables)

				w.SignIn(t, from.Client, "alice")
				refreshed := w.Must(t, "InitiateAuth", servertest.M{
					"ClientId": from.Client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": servertest.M{"REFRESH_TOKEN": from.RefreshToken},
				})
				user := w.Must(t, "GetUser", servertest.M{"AccessToken": servertest.Text(refreshed, "AuthenticationResult.AccessToken")})
				if got := servertest.Text(user, "Username"); got != "alice" {
					t.Errorf("got the user %q", got)
				}
				groups := w.Must(t, "AdminListGroupsForUser", servertest.M{"UserPoolId": from.Pool, "Username": "alice"})
				if list, _ := groups["Groups"].([]any); len(list) != 1 {
					t.Errorf("got the groups %v", groups)
				}
				w.User(t, from.Pool, "carol")
				w.SignIn(t, from.Client, "carol")
				w.Pool(t, nil)
			})
		})
	}
}

func readKept(t *testing.T, migration string) (k keptDatabase) {
	t.Helper()
	file, err := os.Open(keptFile(migration))
	if err != nil {
		t.Fatalf("no database is kept of this version, -keep writes it: %v", err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err == nil {
		err = json.NewDecoder(text).Decode(&k)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range k.Tables {
		if len(table.Rows) == 0 && table.Name != "spare_signing_key" {
			t.Errorf("table %s has no rows", table.Name)
		}
	}
	return k
}

// write makes a database by the present program and keeps as much of it as the schema of a version has.
func writeKept(t *testing.T, migration string) {
	t.Helper()
	w := servertest.New(t, dbtest.EmptySQLite(t), nil)
	k := keptDatabase{Pool: w.Pool(t, nil)}
	k.Client = w.Client(t, k.Pool, nil)
	w.User(t, k.Pool, "alice", "email", "alice@example.com", "email_verified", "true")
	w.Must(t, "CreateGroup", servertest.M{"UserPoolId": k.Pool, "GroupName": "readers"})
	w.Must(t, "AdminAddUserToGroup", servertest.M{"UserPoolId": k.Pool, "Username": "alice", "GroupName": "readers"})
	w.Must(t, "SignUp", servertest.M{"ClientId": k.Client, "Username": "bob", "Password": servertest.Password})
	w.Must(t, "CreateUserPoolDomain", servertest.M{"UserPoolId": k.Pool, "Domain": "kept"})
	k.RefreshToken = servertest.Text(servertest.M{"t": w.SignIn(t, k.Client, "alice")}, "t.RefreshToken")
	w.Root(t)

	schema, err := db.Open(t.Context(), dbtest.EmptySQLite(t), db.Options{Migrations: dbtest.Through(t, migrationsFolder, migration), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer schema.Close()
	k.Tables = dbtest.Dump(t, w.DB, schema, "spare_signing_key")

	file, err := os.Create(keptFile(migration))
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(file)
	if err := errors.Join(json.NewEncoder(packed).Encode(k), packed.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}
