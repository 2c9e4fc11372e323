package drills_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// TestAStartWaitsForTheServiceThatHasTheMasterKey starts nodes while Vault does not listen yet, as after a power cut, and while it refuses.
func TestAStartWaitsForTheServiceThatHasTheMasterKey(t *testing.T) {
	t.Parallel()
	const says = "the service that has the master key is away: it is asked again"
	address := "127.0.0.1:" + freePort(t)
	settings := filepath.Join(t.TempDir(), "cardea.toml")
	text := "[outgoing]\nplain_http = true\n[[master_keys]]\nvault = 'http://" + address + "'\nkey = 'cardea'\nciphertext = 'vault:v1:abc'\n"
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n := newCluster(t, dbtest.EmptySQLite(t)).node("CARDEA_CONFIG="+settings, "CARDEA_MASTER_KEY=", "VAULT_TOKEN=sesame")
	n.launch()
	n.wait("waiting", func() bool { return strings.Contains(n.log(), says) })
	n.stopWhileWaiting()

	n.launch()
	time.Sleep(time.Second)
	stop := serveVault(t, address, http.StatusOK, `{"data":{"plaintext":"`+masterKey+`"}}`)
	n.ready()
	n.must("ListUserPools", `{"MaxResults":1}`)
	n.stop()
	stop()

	stop = serveVault(t, address, http.StatusForbidden, `{"errors":["permission denied"]}`)
	defer stop()
	before, began := len(n.log()), time.Now()
	n.launch()
	if err := n.exit(); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("a start that Vault refuses has ended with %v after %v, want an error at once", err, time.Since(began))
	}
	if said := n.log()[before:]; !strings.Contains(said, "permission denied") || strings.Contains(said, says) {
		t.Errorf("a start that Vault refuses says %s", said)
	}
	if strings.Contains(n.log(), "sesame") || strings.Contains(n.log(), masterKey) {
		t.Error("a secret is in the log")
	}
}

// stopWhileWaiting stops a node that has not started yet.
func (n *node) stopWhileWaiting() {
	n.t.Helper()
	if err := n.process.Process.Signal(os.Interrupt); err != nil {
		n.t.Fatal(err)
	}
	began := time.Now()
	if _ = n.exit(); time.Since(began) > 5*time.Second { // however it says that it has not started
		n.t.Errorf("the node has ended %v after it was told to", time.Since(began))
	}
}

// serveVault answers everything that Vault is asked in one way.
func serveVault(t *testing.T, address string, status int, text string) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	})}
	go func() { _ = server.Serve(l) }() // it ends by stop
	return func() { _ = server.Close() }
}
