package server

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/config"
	"cardea/platform/seal"
)

// A start waits for KMS and Vault that are away, within bounds, and not for those that refuse.
func TestStartsWaitForServicesThatAreAway(t *testing.T) {
	t.Parallel()
	master := bytes.Repeat([]byte{1}, 32)
	for _, c := range []struct {
		name, service, sick string
		status, times       int // the first answers
		patience            time.Duration
		opens               bool
		tries               int64 // 0: several
	}{
		{"vault sealed for a while", "vault", `{"errors":["Vault is sealed"]}`, 503, 2, time.Minute, true, 3},
		{"vault behind a sick balancer", "vault", `<html>`, 502, 1, time.Minute, true, 2},
		{"vault busy", "vault", `{"errors":[]}`, 429, 1, time.Minute, true, 2},
		{"vault sealed for long", "vault", `{"errors":["Vault is sealed"]}`, 503, 1000, time.Second, false, 0},
		{"vault refuses", "vault", `{"errors":["permission denied"]}`, 403, 1000, time.Minute, false, 1},
		{"vault asked once", "vault", `{"errors":["Vault is sealed"]}`, 503, 1000, 0, false, 1},
		{"KMS sick", "kms", `{"__type":"KMSInternalException"}`, 500, 2, time.Minute, true, 3},
		{"KMS throttles", "kms", `{"__type":"ThrottlingException"}`, 400, 1, time.Minute, true, 2},
		{"KMS refuses", "kms", `{"__type":"AccessDeniedException"}`, 400, 1000, time.Minute, false, 1},
		{"KMS has another key", "kms", `{"__type":"IncorrectKeyException"}`, 400, 1000, time.Minute, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int64
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tries.Add(1) <= int64(c.times) {
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.sick)
					return
				}
				_, _ = io.WriteString(w, `{"data":{"plaintext":"`+seal.FormatKey(master)+`"},"Plaintext":"`+seal.FormatKey(master)+`"}`)
			}))
			defer service.Close()
			source := config.MasterKeySource{Vault: service.URL, Key: "cardea", Ciphertext: "vault:v1:abc", Token: "sesame"}
			if c.service == "kms" {
				source = config.MasterKeySource{
					KMS: service.URL, Key: "arn:aws:kms:eu-west-1:123456789012:key/0d2f6b1c-5f43-4f0f-9c8e-4a1d2b3c4d5e", Ciphertext: "AQID",
					AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "sesame",
				}
			}
			var log bytes.Buffer
			settings := config.Config{MasterKeySources: []config.MasterKeySource{source}}
			settings.Outgoing.PlainHTTP = true
			began := time.Now()
			keys, err := keySources{settings, io.Discard, slog.New(slog.NewJSONHandler(&log, nil)), c.patience}.read(t.Context())
			if opened := err == nil && len(keys) == 1 && bytes.Equal(keys[0], master); opened != c.opens {
				t.Errorf("got %d keys, %v", len(keys), err)
			}
			if got := tries.Load(); c.tries != 0 && got != c.tries || c.tries == 0 && (got < 2 || got > 5) {
				t.Errorf("the service was asked %d times, want %d", got, c.tries)
			}
			if said := strings.Count(log.String(), "is away"); int64(said) != tries.Load()-1 || strings.Contains(log.String(), "sesame") {
				t.Errorf("the log says %s", log.String())
			}
			if !c.opens && time.Since(began) > c.patience+20*time.Second {
				t.Errorf("it took %v", time.Since(began))
			}
		})
	}
}

// A service that does not listen is away, too.
func TestStartsWaitForServicesThatDoNotListen(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.NotFoundHandler())
	address := service.URL
	service.Close()
	for name, source := range map[string]config.MasterKeySource{
		"vault": {Vault: address, Key: "cardea", Ciphertext: "vault:v1:abc", Token: "sesame"},
		"kms": {
			KMS: address, Key: "arn:aws:kms:eu-west-1:123456789012:key/0d2f6b1c-5f43-4f0f-9c8e-4a1d2b3c4d5e", Ciphertext: "AQID",
			AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "sesame",
		},
	} {
		var log bytes.Buffer
		settings := config.Config{MasterKeySources: []config.MasterKeySource{source}}
		settings.Outgoing.PlainHTTP = true
		_, err := keySources{settings, io.Discard, slog.New(slog.NewJSONHandler(&log, nil)), time.Second}.read(t.Context())
		if err == nil || !strings.Contains(log.String(), "is away") {
			t.Errorf("%s: got %v, and the log says %q", name, err, log.String())
		}
	}
}
