package trigger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/trigger"
	outbound "cardea/outbound/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/caller"
	"cardea/spec/triggerevent"
)

// send hands a message to a custom sender, at once.
func send(ctx context.Context, t trigger.Triggers, c trigger.Call, by triggerevent.Trigger, code *string) error {
	sending, err := trigger.NewSending(ctx, c, by)
	if err != nil {
		return err
	}
	return t.Send(ctx, trigger.Delivery{Pool: c.Pool, By: by, Sending: sending, Code: code})
}

func TestSendersHearOfTheUserAsTheyWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, triggerevent.SignUp)
	ctx := caller.With(t.Context(), caller.Caller{UserAgent: "aws-sdk-js/3.1010.0 ua/2.1"})
	sending, err := trigger.NewSending(ctx, w.call, triggerevent.CustomEmailSender)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(sending)
	if err != nil {
		t.Fatal(err)
	}
	w.call.User.Attributes["email"], w.call.User.Status = "new@example.com", "ARCHIVED"

	var restored trigger.Sending
	if err := json.Unmarshal(kept, &restored); err != nil {
		t.Fatal(err)
	}
	err = w.Send(t.Context(), trigger.Delivery{Pool: w.call.Pool, By: triggerevent.CustomEmailSender, Sending: &restored, Code: new("AYAD")})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Calls()[0].Event, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"version": "1", "triggerSource": "CustomEmailSender_SignUp", "region": "us-east-1", "userPoolId": "us-east-1_EXAMPLE", "userName": "jane",
		"callerContext": map[string]any{"awsSdkVersion": "aws-sdk-js-3.1010.0", "clientId": "1example23456789"},
		"request":       map[string]any{"type": "customEmailSenderRequestV1", "code": "AYAD", "clientMetadata": map[string]any{"k": "v"}, "userAttributes": known},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventsThatAreTooLongAreNeitherKeptNorRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, triggerevent.SignUp)
	w.call.Metadata = map[string]string{"k": strings.Repeat("v", 256<<10)}
	sending, err := trigger.NewSending(t.Context(), w.call, triggerevent.CustomSMSSender)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := json.Marshal(sending); err != nil || len(kept) > 1<<10 {
		t.Errorf("keeps %d bytes, %v", len(kept), err)
	}
	err = w.Send(t.Context(), trigger.Delivery{Pool: w.call.Pool, By: triggerevent.CustomSMSSender, Sending: sending})
	if failed, ok := errors.AsType[*outbound.Failed](err); !ok || failed.Kind != outbound.TooLarge || len(w.Calls()) != 0 {
		t.Errorf("got %v after %d calls", err, len(w.Calls()))
	}
}

// A receiver of a webhook drops a call whose delivery and attempt it has seen.
func TestAnotherAttemptOfAMessageHasItsDeliveryAndAnotherNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, triggerevent.SignUp)
	functions, err := outbound.New(outbound.Entry{Function: w.Webhook(), Transport: "webhook"})
	if err != nil {
		t.Fatal(err)
	}
	w.Triggers.Functions = functions
	w.Script(triggertest.Answer{Raw: []byte("no event"), NotJSON: true}) // nobody reads it
	sending, err := trigger.NewSending(t.Context(), w.call, triggerevent.CustomEmailSender)
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []int{0, 3} {
		d := trigger.Delivery{Pool: w.call.Pool, By: triggerevent.CustomEmailSender, Sending: sending, ID: "message1", Before: before}
		if err := w.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"1", "4"} {
		h := w.Calls()[i].Header
		if h.Get("Cardea-Delivery") != "message1" || h.Get("Cardea-Attempt") != want {
			t.Errorf("call %d: got %v", i, h)
		}
	}
}
