package sms_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/delivery"
	"cardea/outbound/sms"
	"cardea/outbound/webhook"
)

func TestWebhookCallsAreSigned(t *testing.T) {
	t.Parallel()
	secrets := [][]byte{[]byte("shared secret"), []byte("the next")}
	text := sms.Text{ID: "m1", To: "+15551234567", Body: "Your verification code is 123456. ", Pool: "us-east-1_AbC123xyz"}
	now := time.Unix(1_700_000_000, 0)
	var got sms.Text
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		want := http.Header{}
		webhook.Sign(want, secrets, webhook.Call{Delivery: "m1", Attempt: 3, At: now}, body)
		for name := range want {
			if r.Header.Get(name) != want.Get(name) {
				t.Errorf("%s is %q, want %q", name, r.Header.Get(name), want.Get(name))
			}
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()

	hook := &sms.Webhook{URL: gateway.URL, Secrets: secrets, Client: gateway.Client(), Now: func() time.Time { return now }}
	third := text
	third.Attempt = 3
	if err := hook.Send(t.Context(), third); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, got); diff != "" {
		t.Errorf("the gateway got (-want +got):\n%s", diff)
	}
}

func TestWebhookAnswersDecideWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]delivery.Class{
		204: delivery.Delivered, 400: delivery.Refused, 422: delivery.Refused, 401: delivery.Misconfigured,
		302: delivery.Misconfigured, 429: delivery.Throttled, 500: delivery.Transient,
	} {
		gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		hook := &sms.Webhook{URL: gateway.URL, Client: gateway.Client()}
		if err := hook.Send(t.Context(), sms.Text{}); delivery.Of(err) != want {
			t.Errorf("answer %d: got %v, want %s", status, err, want)
		}
		gateway.Close()
		if err := hook.Send(t.Context(), sms.Text{}); delivery.Of(err) != delivery.Transient || strings.Contains(err.Error(), gateway.URL) {
			t.Errorf("a gateway that is gone: got %v", err)
		}
	}
}
