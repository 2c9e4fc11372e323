package sms_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/sms"
)

func TestWebhookCallsAreSigned(t *testing.T) {
	t.Parallel()
	secret := []byte("shared secret")
	text := sms.Text{ID: "m1", To: "+15551234567", Body: "Your verification code is 123456. ", Pool: "us-east-1_AbC123xyz"}
	var got sms.Text
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		timestamp := r.Header.Get("Cardea-Timestamp")
		if want := sms.Sign(secret, timestamp, body); r.Header.Get("Cardea-Signature") != want || timestamp != "1700000000" {
			t.Errorf("signature %q at %q, want %q", r.Header.Get("Cardea-Signature"), timestamp, want)
		}
		if r.Header.Get("Idempotency-Key") != "m1" {
			t.Errorf("idempotency key %q", r.Header.Get("Idempotency-Key"))
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()

	hook := &sms.Webhook{URL: gateway.URL, Secret: secret, Client: gateway.Client(), Now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	if err := hook.Send(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, got); diff != "" {
		t.Errorf("the gateway got (-want +got):\n%s", diff)
	}
}

func TestSignatureIsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	// printf '1700000000.{}' | openssl dgst -sha256 -hmac key
	want := "v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
	if got := sms.Sign([]byte("key"), "1700000000", []byte("{}")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWebhookAnswersDecideWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for status, refused := range map[int]bool{400: true, 422: true, 401: false, 429: false, 500: false, 302: false} {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		hook := &sms.Webhook{URL: gateway.URL, Client: gateway.Client()}
		if err := hook.Send(t.Context(), sms.Text{}); err == nil || errors.Is(err, sms.ErrRefused) != refused {
			t.Errorf("answer %d: got %v", status, err)
		}
		gateway.Close()
	}
}
