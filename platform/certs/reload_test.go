package certs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFilesNoticesARenewedCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca.key")
	write := func(age time.Duration) {
		t.Helper()
		if _, err := makeAuthority(cert, key); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		for _, name := range []string{cert, key} {
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	get := func(f *Files) []byte {
		t.Helper()
		f.checked = time.Time{} // as if it had looked long ago
		pair, err := f.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Certificate[0]
	}

	write(time.Hour)
	f, err := Open(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	first := get(f)
	write(time.Minute)
	second := get(f)
	if bytes.Equal(first, second) {
		t.Error("the renewed certificate is not served")
	}
	if err := os.WriteFile(key, []byte("half wri"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(f), second) {
		t.Error("half-written files should leave the former certificate in use")
	}
}
