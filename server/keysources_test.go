package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cardea/outbound/kms"
	"cardea/platform/awscred"
	"cardea/platform/config"
	"cardea/platform/seal"
	"cardea/platform/web"
	"cardea/server"
	"cardea/server/servertest"
)

// readKeys reads master keys, and returns what a command has said beside.
func readKeys(t *testing.T, c config.Config) (keys [][]byte, said string, err error) {
	t.Helper()
	var stderr bytes.Buffer
	c.Outgoing.PlainHTTP = true
	keys, err = server.ReadMasterKeys(t.Context(), c, &stderr)
	return keys, stderr.String(), err
}

var firstKey, secondKey = bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)

func TestMasterKeysComeFromACommand(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // it has no sh
	}
	sh := func(script string) config.Config {
		return config.Config{MasterKeyCommand: []string{"sh", "-c", script, "sh", "$HOME; *"}}
	}
	keys, said, err := readKeys(t, sh("echo unlocked >&2; echo "+seal.FormatKey(firstKey)+"; echo "+seal.FormatKey(secondKey)))
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0], firstKey) || !bytes.Equal(keys[1], secondKey) || said != "unlocked\n" {
		t.Errorf("got %d keys, %q, %v", len(keys), said, err)
	}
	for _, c := range []struct{ script, want string }{
		{"echo c2hvcnQ=", "key 1 is not 32 bytes"},
		{"true", "no master key"},
		{"exit 3", "exit status 3"},
		{"head -c 100000 /dev/zero", "printed more than"},
		{`test "$1" = '$HOME; *' && exit 5`, "exit status 5"}, // arguments reach the program as they are
	} {
		if _, _, err := readKeys(t, sh(c.script)); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: got %v, want %q", c.script, err, c.want)
		}
	}
}

func TestSourcesOfMasterKeysStandInTheirOrder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(seal.FormatKey(secondKey)), 0o600); err != nil {
		t.Fatal(err)
	}
	behind := []config.MasterKeySource{{File: file}}
	keys, _, err := readKeys(t, config.Config{MasterKey: config.Secret(seal.FormatKey(firstKey)), MasterKeySources: behind})
	if err != nil || len(keys) != 2 || !bytes.Equal(keys[0], firstKey) {
		t.Errorf("got %v, %v", keys, err)
	}
	if _, _, err := readKeys(t, config.Config{MasterKeyFile: file, MasterKeySources: behind}); err == nil || !strings.Contains(err.Error(), "key 2 is there twice") {
		t.Errorf("a key twice: got %v", err)
	}
}

// TestMasterKeysAreDecryptedByKMS has this product's own KMS decrypt.
func TestMasterKeysAreDecryptedByKMS(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:kms:eu-west-1:123456789012:key/0d2f6b1c-5f43-4f0f-9c8e-4a1d2b3c4d5e"
	w := servertest.New(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), nil)
	served := httptest.NewServer(w.Server.Handler)
	defer served.Close()
	caller, err := web.New(web.Options{Allow: []string{"127.0.0.1"}, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	client := &kms.Client{Endpoint: served.URL, Keys: awscred.Static(awscred.Keys{ID: "AKIDEXAMPLE", Secret: "x"}), HTTP: caller}
	made, err := client.GenerateDataKey(t.Context(), "eu-west-1", arn, map[string]string{"cardea": "master-key"})
	if err != nil {
		t.Fatal(err)
	}
	source := config.MasterKeySource{
		KMS: served.URL, Key: arn, Ciphertext: base64.StdEncoding.EncodeToString(made.Wrapped), Context: map[string]string{"cardea": "master-key"},
		AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "sesame",
	}
	keys, _, err := readKeys(t, config.Config{MasterKeySources: []config.MasterKeySource{source}})
	if err != nil || len(keys) != 1 || !bytes.Equal(keys[0], made.Plain) {
		t.Errorf("got %d keys, %v", len(keys), err)
	}
	source.Context = map[string]string{"cardea": "other"}
	if _, _, err := readKeys(t, config.Config{MasterKeySources: []config.MasterKeySource{source}}); err == nil || !strings.Contains(err.Error(), "kms:Decrypt") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("another context: got %v", err)
	}
}

// TestMasterKeysAreDecryptedByVault speaks the transit engine's wire format.
func TestMasterKeysAreDecryptedByVault(t *testing.T) {
	t.Parallel()
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct{ Ciphertext string }
		_ = json.Unmarshal(body, &in)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("X-Vault-Token") != "sesame":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"errors":["permission denied"]}`)
		case r.Method != http.MethodPost || r.URL.Path != "/v1/keys/transit/decrypt/cardea" || in.Ciphertext != "vault:v1:abc":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":["cipher: message authentication failed"]}`)
		default:
			_, _ = io.WriteString(w, `{"request_id":"x","data":{"plaintext":"`+seal.FormatKey(firstKey)+`"}}`)
		}
	}))
	defer vault.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := config.MasterKeySource{Vault: vault.URL, Mount: "keys/transit", Key: "cardea", Ciphertext: "vault:v1:abc", TokenFile: token}
	ask := func() ([][]byte, error) {
		keys, _, err := readKeys(t, config.Config{MasterKeySources: []config.MasterKeySource{source}})
		return keys, err
	}
	if keys, err := ask(); err != nil || len(keys) != 1 || !bytes.Equal(keys[0], firstKey) {
		t.Errorf("got %v, %v", keys, err)
	}
	source.Ciphertext = "vault:v1:other"
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "message authentication failed") {
		t.Errorf("another ciphertext: got %v", err)
	}
	source.TokenFile, source.Token = "", "forgotten"
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), "forgotten") {
		t.Errorf("another token: got %v", err)
	}
}
