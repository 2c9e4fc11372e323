package server

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
)

func TestGuardAndSocketListen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s3iam.sock")
	left, err := net.Listen("unix", path) // a former run's
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = left.Close()
	c := Config{
		Dev: true, Addr: "127.0.0.1:0", PublicURL: "http://localhost", Region: "us-east-1", Account: "123456789012",
		Database: dbtest.SQLite(t), MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Test: Test{FastDatabase: true},
		Guard: config.Guard{Addr: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", UpstreamRegion: "us-east-1", AccessKeyID: "k", SecretAccessKey: "s"},
		S3IAM: config.S3IAM{Socket: path, AccessKeyID: "gateway", SecretAccessKey: "s"},
	}
	srv, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}

	answer, err := http.Get("http://" + srv.listeners[1].socket.Addr().String() + "/photos/k")
	if err != nil || answer.StatusCode != 403 || answer.Header.Get("Content-Type") != "application/xml" {
		t.Errorf("guard: got %v, %v", answer, err)
	}
	if got := srv.listeners[1].server; got.ReadTimeout != 0 || got.WriteTimeout != 0 || got.ReadHeaderTimeout == 0 {
		t.Errorf("guard: got %v, %v, %v", got.ReadTimeout, got.WriteTimeout, got.ReadHeaderTimeout)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	answer, err = client.Post("http://iam/private/version", "application/json", strings.NewReader("{}"))
	if err != nil || answer.StatusCode != 400 || answer.Header.Get("X-Vgw-Private-Protocol") != "1" {
		t.Errorf("socket: got %v, %v", answer, err)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}

	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Database = dbtest.SQLite(t)
	if srv, err = New(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if err := srv.Listen(); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Errorf("a file in the place of the socket: got %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "precious" {
		t.Error("the file is gone")
	}
}
