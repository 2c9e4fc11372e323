//go:build !(openssl && linux && (amd64 || arm64))

package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"cardea/platform/config"
)

func TestOpenSSLIsRefusedByProgramsWithoutIt(t *testing.T) {
	t.Parallel()
	_, err := newArithmetic(Config{Arithmetic: config.ArithmeticOpenSSL})
	if err == nil || !strings.Contains(err.Error(), `arithmetic = "openssl"`) || !strings.Contains(err.Error(), "cardea-openssl") {
		t.Errorf("got %v", err)
	}
	for _, setting := range []string{"", config.ArithmeticAuto, config.ArithmeticGo} {
		var log bytes.Buffer
		a, err := newArithmetic(Config{Arithmetic: setting, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil || a.name != config.ArithmeticGo || a.srp.Arithmetic != nil || log.Len() > 0 {
			t.Errorf("%q: by %q, %v, logged %q", setting, a.name, err, log.String())
		}
	}
}
