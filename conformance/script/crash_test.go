package script_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// crashes is how often each server is killed, and crashAfter how long it may work before.
const (
	crashes    = 4
	crashAfter = 600 * time.Millisecond
	workers    = 4
)

// TestNothingAcknowledgedIsLostWhenTheServerIsKilled kills cardea with SIGKILL in the middle of sign-ups and revocations.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		c := newCrashed(t, url)
		for range crashes {
			c.start()
			c.prepare()
			c.check() // before the next work begins, with the rows as the crash left them
			c.work(c.kill)
		}
		c.start()
		c.check()
		c.enough()
		c.kill()
	})
}

// TestNothingAcknowledgedIsLostWhenPostgreSQLIsKilled kills the database server instead; cardea keeps running and
// connects again.
func TestNothingAcknowledgedIsLostWhenPostgreSQLIsKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pg")
	openParents(t, dir)
	url, stop, err := dbtest.StartPostgres(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop() })
	c := newCrashed(t, url)
	c.start()
	for range 2 {
		c.prepare()
		c.work(func() {
			killPostgres(t, dir)
			stop()
			if _, stop, err = dbtest.StartPostgres(dir, true); err != nil {
				t.Error(err)
			}
		})
		c.ready()
		c.check()
	}
	c.enough()
	c.kill()
}

// openParents lets the user that PostgreSQL runs as reach dir.
func openParents(t *testing.T, dir string) {
	t.Helper()
	for parent := filepath.Dir(dir); parent != os.TempDir() && len(parent) > 1; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

var client = &http.Client{Timeout: 20 * time.Second}

// crashed is a server that is killed, with the work that it acknowledged before.
type crashed struct {
	t       *testing.T
	url     string
	environ []string
	log     *os.File // what the server writes; its end is shown when the test fails
	process *exec.Cmd
	key     [2]string
	pool    string
	client  string

	mu       sync.Mutex
	users    []string // acknowledged sign-ups
	sessions []string // refresh tokens that may be revoked
	revoked  []string // acknowledged revocations
	serial   int
}

func newCrashed(t *testing.T, database string) *crashed {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	c := &crashed{t: t, url: "http://127.0.0.1:" + port}
	if c.log, err = os.Create(filepath.Join(t.TempDir(), "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.showLog)
	c.environ = append(os.Environ(),
		"CARDEA_ADDR=127.0.0.1:"+port, "CARDEA_ADMIN_ADDR=", "CARDEA_PUBLIC_URL="+c.url, "CARDEA_DATABASE_URL="+database,
		"CARDEA_MASTER_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "CARDEA_LOG_LEVEL=error")
	create := c.command("keys", "create")
	out, err := create.Output()
	if err != nil {
		t.Fatalf("create key: %v", err)
	}
	if _, err := fmt.Sscanf(string(out), "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", &c.key[0], &c.key[1]); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crashed) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(binary, "cardea"), args...)
	cmd.Env = c.environ
	cmd.Stderr = c.log
	return cmd
}

func (c *crashed) showLog() {
	text, _ := os.ReadFile(c.log.Name()) // on an error there is nothing to show
	_ = c.log.Close()                    // the server has its own handle
	if c.t.Failed() {
		c.t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-4000):])
	}
}

// start starts the server; the first time it also makes a pool with a client.
func (c *crashed) start() {
	c.t.Helper()
	process := c.command("serve")
	if err := process.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.process = process
	c.t.Cleanup(func() { _ = process.Process.Kill() })
	c.ready()
	if c.pool != "" {
		return
	}
	c.pool = c.must("CreateUserPool", `{"PoolName":"crash"}`).pick("UserPool", "Id")
	c.client = c.must("CreateUserPoolClient", `{"UserPoolId":"`+c.pool+`","ClientName":"crash","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}`).
		pick("UserPoolClient", "ClientId")
}

func (c *crashed) ready() {
	c.t.Helper()
	for range 400 {
		if response, err := client.Get(c.url + "/readyz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatal("the server did not become ready")
}

func (c *crashed) kill() {
	_ = c.process.Process.Kill()
	_ = c.process.Wait() // it was killed
}

// prepare makes sessions for the coming work to revoke.
func (c *crashed) prepare() {
	c.t.Helper()
	if len(c.users) == 0 {
		c.signUp()
	}
	user := c.users[0]
	if c.sessions == nil {
		c.must("AdminConfirmSignUp", `{"UserPoolId":"`+c.pool+`","Username":"`+user+`"}`)
	}
	for range 40 {
		tokens := c.must("InitiateAuth", `{"ClientId":"`+c.client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"`+user+`","PASSWORD":"Correct-horse-1"}}`)
		c.sessions = append(c.sessions, tokens.pick("AuthenticationResult", "RefreshToken"))
	}
}

// work signs up and revokes in several goroutines and calls kill while they run.
func (c *crashed) work(kill func()) {
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for i := range workers {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if i%2 == 0 {
					c.signUp()
				} else {
					c.revoke()
				}
			}
		})
	}
	time.Sleep(crashAfter)
	kill()
	close(stop)
	wait.Wait()
}

func (c *crashed) signUp() {
	c.mu.Lock()
	c.serial++
	name := fmt.Sprintf("user-%d", c.serial)
	c.mu.Unlock()
	if _, err := c.call("SignUp", `{"ClientId":"`+c.client+`","Username":"`+name+`","Password":"Correct-horse-1"}`); err == nil {
		c.mu.Lock()
		c.users = append(c.users, name)
		c.mu.Unlock()
	}
}

func (c *crashed) revoke() {
	c.mu.Lock()
	if len(c.sessions) <= 5 {
		c.mu.Unlock()
		time.Sleep(time.Millisecond)
		return
	}
	token := c.sessions[0]
	c.sessions = c.sessions[1:]
	c.mu.Unlock()
	time.Sleep(20 * time.Millisecond) // so that some requests are still running at the kill
	if _, err := c.call("RevokeToken", `{"ClientId":"`+c.client+`","Token":"`+token+`"}`); err == nil {
		c.mu.Lock()
		c.revoked = append(c.revoked, token)
		c.mu.Unlock()
	}
}

// check fails the test for each acknowledged sign-up and revocation that is lost.
func (c *crashed) check() {
	c.t.Helper()
	for _, name := range c.users {
		if _, err := c.call("AdminGetUser", `{"UserPoolId":"`+c.pool+`","Username":"`+name+`"}`); err != nil {
			c.t.Errorf("the acknowledged sign-up of %s is lost: %v", name, err)
		}
	}
	for _, token := range c.revoked {
		if _, err := c.refresh(token); !errors.Is(err, errRefused) {
			c.t.Errorf("a revoked token: got %v, want a refusal", err)
		}
	}
	for _, token := range c.sessions[max(0, len(c.sessions)-5):] {
		if _, err := c.refresh(token); err != nil {
			c.t.Errorf("a token that was not revoked: %v", err)
		}
	}
}

func (c *crashed) refresh(token string) (answer, error) {
	return c.call("InitiateAuth", `{"ClientId":"`+c.client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+token+`"}}`)
}

// enough fails the test if too little was acknowledged to show anything.
func (c *crashed) enough() {
	c.t.Helper()
	c.t.Logf("%d sign-ups and %d revocations were acknowledged", len(c.users), len(c.revoked))
	if len(c.users) < 10 || len(c.revoked) < 10 {
		c.t.Errorf("only %d sign-ups and %d revocations were acknowledged: the test shows nothing", len(c.users), len(c.revoked))
	}
}

// answer is a decoded response.
type answer map[string]json.RawMessage

// pick returns a string two levels down.
func (a answer) pick(outer, inner string) string {
	var members map[string]any
	_ = json.Unmarshal(a[outer], &members)
	text, _ := members[inner].(string)
	return text
}

// errRefused is an answer that refuses a request, as opposed to no answer or an internal error.
var errRefused = errors.New("refused")

func (c *crashed) call(operation, body string) (answer, error) {
	request, err := http.NewRequest(http.MethodPost, c.url+"/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	sign(request, []byte(body), c.key[0], c.key[1], time.Now())
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case response.StatusCode == http.StatusBadRequest:
		return nil, fmt.Errorf("%w: %s", errRefused, text)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", response.Status, text)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, nil
	}
	var a answer
	return a, json.Unmarshal(text, &a)
}

func (c *crashed) must(operation, body string) answer {
	c.t.Helper()
	a, err := c.call(operation, body)
	if err != nil {
		c.t.Fatalf("%s: %v", operation, err)
	}
	return a
}
