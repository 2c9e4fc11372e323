package server_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/esdk/esdktest"
)

// senders are functions that send mails, and text messages.
func senders(names ...string) M {
	functions := M{"KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/1234"}
	for _, name := range names {
		functions[name] = M{"LambdaVersion": "V1_0", "LambdaArn": triggertest.ARN(name)}
	}
	return functions
}

// deliver hands over all messages.
func deliver(t *testing.T, w *servertest.World) {
	t.Helper()
	if err := w.Server.Outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// codeIn is the code that a function can read, with a key of the server's own.
func codeIn(t *testing.T, w *servertest.World, call triggertest.Invocation) (code string, bound map[string]string) {
	t.Helper()
	text, _ := call.Request()["code"].(string)
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	plain, bound, err := esdktest.Read(sealed, func(key esdktest.DataKey, bound map[string]string) ([]byte, error) {
		data, by, err := w.Server.Outbox.Keys.Unwrap(t.Context(), key.Wrapped, bound)
		if key.Provider != "aws-kms" || key.Info != by.String() {
			t.Errorf("the data key is of %s %s, wrapped by %s", key.Provider, key.Info, by)
		}
		return data, err
	})
	if err != nil {
		t.Fatalf("the code %q does not open: %v", text, err)
	}
	return string(plain), bound
}

func TestSendersGetEveryMessage(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		functions := senders("CustomEmailSender", "CustomSMSSender")
		functions["CustomMessage"] = triggertest.ARN("f") // has no say
		s := newStageWith(t, w, functions)
		deliver(t, w)
		for _, a := range s.operations(t) {
			calls := len(f.Calls())
			s.Must(t, a.operation, a.in)
			if n := len(f.Calls()); n != calls {
				t.Errorf("%s: a function is called before the message is delivered", a.operation)
			}
			deliver(t, w)
			got := f.Calls()[calls:]
			if want := map[bool]int{true: 2, false: 1}[a.user == "erin"]; len(got) != want {
				t.Fatalf("%s: %d calls", a.operation, len(got))
			}
			for _, call := range got {
				s.checkSent(t, a, call)
			}
		}
		if got := w.Inbox(""); len(got) != 0 {
			t.Errorf("the inbox has %d messages", len(got))
		}
	})
}

// checkSent compares an event with the operation that has caused it.
func (s *stage) checkSent(t *testing.T, a asked, call triggertest.Invocation) {
	t.Helper()
	var event struct {
		UserName      string
		CallerContext struct{ ClientID string }
		Request       struct {
			Type           string
			ClientMetadata any
			UserAttributes map[string]string
		}
		Response any
	}
	if err := json.Unmarshal(call.Event, &event); err != nil {
		t.Fatal(err)
	}
	name, medium, wire := a.operation+" "+a.source, "CustomEmailSender", "customEmailSenderRequestV1"
	if strings.HasSuffix(call.Function, "CustomSMSSender") {
		medium, wire = "CustomSMSSender", "customSMSSenderRequestV1"
	}
	if call.Source() != medium+"_"+a.source || !call.Async || event.Request.Type != wire || event.Response != nil || event.UserName != a.user {
		t.Errorf("%s: got %s", name, call.Event)
	}
	if got := event.Request.UserAttributes; got["sub"] == "" || got["cognito:user_status"] != a.status {
		t.Errorf("%s: the function is told of %v", name, got)
	}
	if want := map[bool]string{true: s.client, false: "CLIENT_ID_NOT_APPLICABLE"}[a.client]; event.CallerContext.ClientID != want {
		t.Errorf("%s: the event has another client: %s", name, call.Event)
	}
	if got := event.Request.ClientMetadata; cmp.Equal(got, any(metadata)) != a.metadata {
		t.Errorf("%s: the function is told of the metadata %v", name, got)
	}
	if code, bound := codeIn(t, s.World, call); code == "" || bound["userpool-id"] != s.pool || len(bound) != 2 {
		t.Errorf("%s: the code is %q, bound to %v", name, code, bound)
	}
}

func TestCodesThatSendersReadAreTheRightOnes(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newStageWith(t, w, senders("CustomEmailSender"))
		deliver(t, w)
		code, _ := codeIn(t, w, f.Calls()[0])
		w.Must(t, "ConfirmSignUp", M{"ClientId": s.client, "Username": "bob", "ConfirmationCode": code})

		// The other medium is sent as ever.
		w.Must(t, "ForgotPassword", M{"ClientId": s.client, "Username": "alice"})
		deliver(t, w)
		if got := w.Inbox(phone); len(got) != 1 || len(f.Calls()) != 1 {
			t.Errorf("%d text messages in the inbox, %d calls", len(got), len(f.Calls()))
		}
	})
}

func TestSendersHearNothingOfUnknownUsers(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newStageWith(t, w, senders("CustomEmailSender", "CustomSMSSender"))
		deliver(t, w)
		calls := len(f.Calls())
		for operation, in := range map[string]M{
			"ForgotPassword":         {"ClientId": s.client, "Username": "nobody"},
			"ResendConfirmationCode": {"ClientId": s.client, "Username": "nobody"},
			"InitiateAuth":           {"ClientId": s.client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "nobody", "PREFERRED_CHALLENGE": "EMAIL_OTP"}},
		} {
			outbox := func() (n int) {
				for _, row := range dbtest.Rows(t, w.DB) {
					if strings.HasPrefix(row, "outbox") {
						n++
					}
				}
				return n
			}
			before := outbox()
			w.Must(t, operation, in)
			if outbox() != before+1 {
				t.Errorf("%s: nothing is posted for an unknown user", operation)
			}
			deliver(t, w)
			if len(f.Calls()) != calls || outbox() != before {
				t.Errorf("%s: %d calls for an unknown user, %d messages left", operation, len(f.Calls())-calls, outbox()-before)
			}
		}
	})
}

// What keeps a function from getting its message is not the caller's concern, as with Cognito.
func TestOperationsSucceedWhenTheirSenderFails(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newStageWith(t, w, senders("CustomEmailSender"))
		f.Script(triggertest.Answer{Status: 403, Code: "AccessDeniedException"})
		w.Must(t, "SignUp", s.newcomer("dave"))
		deliver(t, w)
		if got := w.Inbox(""); len(got) != 0 {
			t.Errorf("it was sent by another: %v", got)
		}
	})
}
