package message_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/kmskey"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// custom is an outbox that delivers nothing, a function that writes its messages, and a message of a pool that has it.
func custom(t *testing.T) (*message.Outbox, *triggertest.Function, message.Message) {
	t.Helper()
	f := triggertest.New(t)
	p := &pool.Pool{ID: "us-east-1_EXAMPLE"}
	p.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{CustomMessage: triggertest.ARN("f")}
	m := hello
	m.App, m.User = access.App{Pool: p}, &user.User{Username: "jane", Status: "CONFIRMED"}
	return &message.Outbox{Keep: true, Now: time.Now, Triggers: trigger.Triggers{Functions: f.All()}}, f, m
}

func stopped(err error, kind trigger.Kind) bool {
	e, ok := errors.AsType[*trigger.Error](err)
	return ok && e.Kind == kind
}

func TestPartsThatTheFunctionLeavesOutAreThePools(t *testing.T) {
	t.Parallel()
	box, f, m := custom(t)
	m.Pool.Doc.VerificationMessageTemplate = &cognitoidp.VerificationMessageTemplateType{
		EmailMessage: "the pool's {####}", EmailSubject: "the pool's", SmsMessage: "the pool's {####}",
	}
	for _, c := range []struct {
		attribute     string
		response      map[string]any
		subject, body string
	}{
		{"email", map[string]any{"emailMessage": "mine {####}", "emailSubject": "mine"}, "mine", "mine 012345"},
		{"email", map[string]any{"emailMessage": "mine {####}"}, "the pool's", "mine 012345"},
		{"email", map[string]any{"emailSubject": "{####} is yours"}, "012345 is yours", "the pool's 012345"},
		{"email", map[string]any{"smsMessage": "unused, without a place"}, "the pool's", "the pool's 012345"},
		{"email", map[string]any{}, "the pool's", "the pool's 012345"},
		{"phone_number", map[string]any{"smsMessage": "mine {####}"}, "", "mine 012345"},
		{"phone_number", map[string]any{"emailMessage": "unused, without a place", "emailSubject": "unused"}, "", "the pool's 012345"},
	} {
		f.Script(triggertest.Answer{Response: c.response})
		m.Attribute = c.attribute
		composed, err := box.Compose(t.Context(), m)
		if err != nil {
			t.Fatalf("%v: %v", c.response, err)
		}
		subject, body, _ := message.Content(composed)
		if subject != c.subject || body != c.body {
			t.Errorf("%s, %v: got %q and %q", c.attribute, c.response, subject, body)
		}
	}
}

// A function puts what a user has chosen into its texts. What we put in afterwards cannot be taken for a placeholder nor for
// markup, and nothing adds a header.
func TestWhatUsersChooseStaysText(t *testing.T) {
	t.Parallel()
	box, f, m := custom(t)
	m.Kind, m.Username, m.Code = message.AdminCreateUser, `<img src=x>{####}`, `<b>&"`
	m.User.Attributes = map[string]string{"name": "{username} {####}</p>", "email": hello.To}
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		if strings.Contains(string(call.Event), m.Code) || strings.Contains(string(call.Event), "img") {
			t.Errorf("the function sees what is put in: %s", call.Event)
		}
		name := call.Request()["userAttributes"].(map[string]any)["name"].(string)
		return triggertest.Answer{Response: map[string]any{"emailMessage": "<p>" + name + ": {username} {####}", "emailSubject": "Hi {username}"}}
	})
	composed, err := box.Compose(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	subject, body, html := message.Content(composed)
	const name, code = "&lt;img src=x&gt;{####}", "&lt;b&gt;&amp;&#34;"
	if want := "<p>" + name + " " + code + "</p>: " + name + " " + code; body != want || !html {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if subject != "Hi "+m.Username {
		t.Errorf("subject %q", subject)
	}

	f.Script(triggertest.Answer{Response: map[string]any{"emailSubject": "Hi\r\nBcc: all@example.org"}})
	if _, err := box.Compose(t.Context(), m); !stopped(err, trigger.Invalid) {
		t.Errorf("a subject with another header: got %v", err)
	}
}

func TestAFunctionIsAskedOnlyAboutMediumsThatItWritesFor(t *testing.T) {
	t.Parallel()
	box, f, m := custom(t)
	box.Keep, box.Senders = false, mailing(&sender{})
	f.Script(triggertest.Answer{Response: map[string]any{"smsMessage": "no placeholder"}})
	if _, err := box.Texts(t.Context(), m, "phone_number"); err != nil || len(f.Calls()) != 0 {
		t.Errorf("a medium without a sender: asked %d times, %v", len(f.Calls()), err)
	}
	if _, err := box.Texts(t.Context(), m, "phone_number", "email"); err != nil || len(f.Calls()) != 1 {
		t.Errorf("one of two without a sender: asked %d times, %v", len(f.Calls()), err)
	}
	box.Keys = &kmskey.Keys{Any: true}
	m.Pool.Doc.LambdaConfig.KMSKeyID = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
	m.Pool.Doc.LambdaConfig.CustomEmailSender = &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: triggertest.ARN("sender")}
	if err := box.Ready(m.Pool, "email"); err != nil {
		t.Fatal(err)
	}
	if _, err := box.Texts(t.Context(), m, "email"); err != nil || len(f.Calls()) != 1 {
		t.Errorf("a medium that another function sends: asked %d times, %v", len(f.Calls())-1, err)
	}
}

func TestDecoysTakeTheTimeOfTheFunctionAndDoNotAskIt(t *testing.T) {
	t.Parallel()
	box, f, m := custom(t)
	compose := func(m message.Message) (time.Duration, error) {
		begun := time.Now()
		_, err := box.Compose(t.Context(), m)
		return time.Since(begun), err
	}
	decoy := m
	decoy.Decoy, decoy.User = true, nil
	if took, err := compose(decoy); err != nil || took < 50*time.Millisecond {
		t.Errorf("before the function was ever asked: %s, %v", took, err)
	}

	const slow = 250 * time.Millisecond
	f.Script(triggertest.Answer{Delay: slow})
	if _, err := compose(m); err != nil {
		t.Fatal(err)
	}
	if took, err := compose(decoy); err != nil || took < slow {
		t.Errorf("%s, %v; want at least %s", took, err, slow)
	}
	if n := len(f.Calls()); n != 1 {
		t.Errorf("%d calls, want that for the user who exists", n)
	}
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := box.Compose(hurried, decoy); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has left: %v", err)
	}

	// What a function says of one user is not said of another; that it cannot be run is.
	for i, c := range []struct {
		answer triggertest.Answer
		kind   trigger.Kind
		shared bool
	}{
		{triggertest.Answer{Raise: "not jane"}, trigger.Refused, false},
		{triggertest.Answer{Status: 403, Code: "AccessDeniedException"}, trigger.NotInvoked, true},
		{triggertest.Answer{Raw: []byte("nonsense")}, trigger.Invalid, true},
	} {
		arn := triggertest.ARN("g" + string(rune('0'+i)))
		m.Pool.Doc.LambdaConfig.CustomMessage = arn
		f.Script(c.answer)
		if _, err := compose(m); !stopped(err, c.kind) {
			t.Fatalf("%d: got %v", i, err)
		}
		if _, err := compose(decoy); stopped(err, c.kind) != c.shared || (err == nil) == c.shared {
			t.Errorf("%d: a decoy ends with %v", i, err)
		}
	}
}

func TestAnInvitationWithoutAPasswordNeedsNoPlaceForIt(t *testing.T) {
	t.Parallel()
	box, f, m := custom(t)
	f.Script(triggertest.Answer{Response: map[string]any{"emailMessage": "Welcome, {username}"}})
	m.Kind, m.Username = message.AdminCreateUser, "jane"
	if _, err := box.Compose(t.Context(), m); !stopped(err, trigger.Invalid) {
		t.Errorf("with a password: %v", err)
	}
	m.Code = ""
	if _, err := box.Compose(t.Context(), m); err != nil {
		t.Errorf("without one: %v", err)
	}
}
