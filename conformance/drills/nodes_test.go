package drills_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// otherKey is another master key than the cluster's.
const otherKey = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="

// TestANodeThatDiffersIsNotReady starts nodes whose configuration is not that of the first.
func TestANodeThatDiffersIsNotReady(t *testing.T) {
	t.Parallel()
	c := newCluster(t, dbtest.EmptyPostgres(t))
	first := c.start()
	for setting, want := range map[string]string{
		"CARDEA_PUBLIC_URL=http://127.0.0.1:1":                  "Another node has a different public_url.",
		"CARDEA_ACCOUNT=999999999999":                           "Another node has a different account.",
		"CARDEA_ISSUER_BASE=https://issuer.example.com":         "Another node has a different issuer_base.",
		"CARDEA_MASTER_KEY=" + otherKey + "\n" + masterKey:      "This node seals under a master key that another one lacks.",
		"CARDEA_BASE_DOMAIN=example.com":                        "Another node has a different base_domain.",
		"CARDEA_REGION=eu-west-1":                               "Another node has a different region.",
		"CARDEA_MASTER_KEY=" + masterKey + "\n" + otherKey + "": "",
	} {
		n := c.node(setting)
		n.launch()
		if want == "" {
			n.ready()
			n.stop()
			continue
		}
		if text := n.unready(); text != want {
			t.Errorf("%s: /readyz says %q, want %q", setting, text, want)
		}
		if !strings.Contains(n.log(), "not ready") {
			t.Errorf("%s: nothing in the log", setting)
		}
		if status, text := first.readyz(); status != 200 {
			t.Errorf("%s: the first node is not ready either: %s", setting, text)
		}
		n.stop()
	}
	last := c.node("CARDEA_ACCOUNT=999999999999")
	last.launch()
	last.unready()
	first.stop()
	last.ready() // nobody differs from it any more
}

// TestASQLiteFileHasOneServer starts a second server on a database file.
func TestASQLiteFileHasOneServer(t *testing.T) {
	t.Parallel()
	c := newCluster(t, dbtest.EmptySQLite(t))
	one, two := c.node(), c.node()
	for _, order := range [][2]*node{{one, two}, {two, one}} {
		first, second := order[0], order[1]
		first.launch()
		first.ready()
		second.launch()
		if err := second.exit(); err == nil {
			t.Error("the second server has ended without an error")
		}
		if !strings.Contains(second.log(), "another server runs on this database file") {
			t.Errorf("the second server says %s", second.log())
		}
		c.run("keys", "list") // commands run beside a server
		first.ready()
		c.refusesAnotherName()
		first.ready()
		first.kill() // which leaves the file locked by nobody
	}
}

// refusesAnotherName starts a server on a second hard link of the database file, beside which another lock and another log would stand.
func (c *cluster) refusesAnotherName() {
	c.t.Helper()
	other := filepath.Join(c.t.TempDir(), "other.db")
	if err := os.Link(strings.TrimPrefix(c.url, "sqlite:"), other); err != nil {
		c.t.Fatal(err)
	}
	defer os.Remove(other)
	n := c.node("CARDEA_DATABASE_URL=sqlite:" + other)
	n.launch()
	const says = "the database file has another name"
	if err := n.exit(); err == nil || !strings.Contains(n.log(), says) {
		c.t.Errorf("a server on another hard link: %v, %s", err, n.log())
	}
	for _, args := range [][]string{{"config", "check", "--database"}, {"backup", filepath.Join(c.t.TempDir(), "backup")}, {"keys", "list"}} {
		if _, stderr, err := c.try(args...); err == nil || !strings.Contains(stderr, says) {
			c.t.Errorf("cardea %s, with another hard link: %v, %s", strings.Join(args, " "), err, stderr)
		}
	}
}

// TestAMessageThatADeadNodeHadClaimedIsDelivered kills a node in the middle of a delivery.
func TestAMessageThatADeadNodeHadClaimedIsDelivered(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		relay := newRelay(t)
		c := newCluster(t, url, "CARDEA_SMTP_HOST=127.0.0.1", "CARDEA_SMTP_PORT="+relay.port, "CARDEA_SMTP_TLS=none", "CARDEA_SMTP_FROM=cardea@example.com")
		one := c.start()
		pool := one.must("CreateUserPool", `{"PoolName":"drill","AutoVerifiedAttributes":["email"]}`).pick("UserPool", "Id")
		client := one.must("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"drill"}`).pick("UserPoolClient", "ClientId")
		one.must("SignUp", `{"ClientId":"`+client+`","Username":"jane","Password":"Correct-horse-1","UserAttributes":[{"Name":"email","Value":"jane@example.org"}]}`)
		relay.wait(t, 1)

		two := one
		if strings.HasPrefix(url, "postgres") {
			two = c.start()
		}
		one.kill()
		began := time.Now()
		if two == one {
			two.launch()
		}
		relay.wait(t, 2)
		took := time.Since(began)
		t.Logf("delivered %v after the node was killed", took.Round(time.Millisecond))
		if took > 15*time.Second {
			t.Errorf("delivered after %v, want seconds", took)
		}
		time.Sleep(time.Second)
		if got := relay.count(); got != 2 {
			t.Errorf("the relay has got the message %d times, want twice at most", got)
		}
	})
}

// TestAMalformedDatabaseIsNotReady overwrites the file of a running server.
func TestAMalformedDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	url := dbtest.EmptySQLite(t)
	c := newCluster(t, url)
	n := c.start()
	w := newWork(t, n)
	file, err := os.OpenFile(strings.TrimPrefix(url, "sqlite:"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	noise := []byte(strings.Repeat("\xa5", page))
	for at := int64(page); at < info.Size(); at += page {
		if _, err := file.WriteAt(noise, at); err != nil {
			t.Fatal(err)
		}
	}
	n.wait("not ready", func() bool {
		w.signUp()
		status, _ := n.readyz()
		return status == 503
	})
	for range 3 { // it does not come and go
		if text := n.unready(); !strings.Contains(text, "The database is malformed.") {
			t.Errorf("/readyz says %q", text)
		}
		time.Sleep(time.Second)
	}
}
