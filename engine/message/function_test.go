package message_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/kmskey"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/outbound/delivery"
	"cardea/outbound/kms/kmstest"
	outbound "cardea/outbound/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/esdk"
	"cardea/spec/esdk/esdktest"
)

const (
	rawKey = "arn:aws:kms:us-east-1:123456789012:key/raw"
	kmsKey = "arn:aws:kms:us-east-1:123456789012:key/remote"
	noSuch = "arn:aws:kms:us-east-1:123456789012:key/none"
)

var raw = &esdk.RawAES{Provider: "example", Name: "codes", Key: bytes.Repeat([]byte{7}, 32)}

// sending makes the world's pool send all messages by a scripted function.
func (w *world) sending(t *testing.T) *triggertest.Function {
	t.Helper()
	f := triggertest.New(t)
	w.Triggers = trigger.Triggers{Functions: f.All()}
	w.Keys = &kmskey.Keys{DB: w.DB, Ring: w.Ring, Entries: []kmskey.Entry{{Key: rawKey, Raw: raw}}}
	w.pool.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{
		CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: triggertest.ARN("f"), LambdaVersion: "V1_0"},
		CustomSMSSender:   &cognitoidp.CustomSMSLambdaVersionConfigType{LambdaArn: triggertest.ARN("f"), LambdaVersion: "V1_0"},
		KMSKeyID:          rawKey,
	}
	w.store(t)
	return f
}

// store writes the pool as it is now.
func (w *world) store(t *testing.T) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		current, err := pool.Get(tx, w.pool.ID)
		if errors.Is(err, db.ErrNotFound) {
			fresh := *w.pool
			return pool.Insert(tx, &fresh)
		}
		if err != nil {
			return err
		}
		changed := w.pool.Clone()
		changed.Version = current.Version
		return pool.Update(tx, changed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// left is how many messages wait, decoys included.
func (w *world) left(t *testing.T) (n int) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		n = 0
		for queue := range int64(6) {
			rows, err := outbox.Due(w.late(tx), queue, 100)
			if err != nil {
				return err
			}
			n += len(rows)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// late is a transaction in which every message is due.
func (*world) late(tx *db.Tx) *db.Tx {
	later := *tx
	later.Now = tx.Now.Add(48 * time.Hour)
	return &later
}

var jane = &user.User{
	Username: "jane", Sub: "a1b2c3d4-5678-90ab-cdef-000000000001", Status: "UNCONFIRMED",
	Attributes: map[string]string{"email": hello.To, "phone_number": "+15551234567"},
}

// code is what the function reads with the raw key.
func codeOf(t *testing.T, call triggertest.Invocation) (code string, bound map[string]string) {
	t.Helper()
	text, _ := call.Request()["code"].(string)
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	plain, bound, err := esdktest.Read(sealed, esdktest.RawAES(raw.Provider, raw.Name, raw.Key))
	if err != nil {
		t.Fatalf("the code %q does not open: %v", text, err)
	}
	return string(plain), bound
}

func TestFunctionsGetMessagesInThePlaceOfSenders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f, relay := w.sending(t), &sender{}
		w.Senders = mailing(relay)
		for _, c := range []struct {
			m            message.Message
			source, code string
			wire         string // type of the request
		}{
			{message.Message{Kind: message.SignUp, Attribute: "email", To: hello.To, Code: "012345"}, "CustomEmailSender_SignUp", "012345", "customEmailSenderRequestV1"},
			{message.Message{Kind: message.Authentication, Attribute: "phone_number", To: "+15551234567", Code: "98765432"}, "CustomSMSSender_Authentication", "98765432", "customSMSSenderRequestV1"},
			{message.Message{Kind: message.AdminCreateUser, Attribute: "email", To: hello.To, Code: `<b>&"x'`, Username: "signs in by this"}, "CustomEmailSender_AdminCreateUser", "&lt;b&gt;&amp;&#34;x&#39;", "customEmailSenderRequestV1"},
		} {
			c.m.User, c.m.Metadata = jane.Clone(), map[string]string{"lang": "de"}
			details, err := w.post(t, c.m)
			if err != nil || details.Destination == "" {
				t.Fatalf("got %+v, %v", details, err)
			}
			w.mustDeliver(t)
			calls := f.Calls()
			call := calls[len(calls)-1]
			if !call.Async || call.Source() != c.source || call.Request()["type"] != c.wire {
				t.Errorf("%s: got %s, asynchronous: %v", c.source, call.Event, call.Async)
			}
			code, bound := codeOf(t, call)
			if code != c.code || bound["userpool-id"] != string(w.pool.ID) || bound["aws-crypto-public-key"] == "" || len(bound) != 2 {
				t.Errorf("%s: got the code %q, bound to %v", c.source, code, bound)
			}
			var event struct {
				UserName string
				Request  struct{ UserAttributes, ClientMetadata map[string]string }
			}
			if err := json.Unmarshal(call.Event, &event); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{
				"sub": string(jane.Sub), "cognito:user_status": "UNCONFIRMED", "email": hello.To, "phone_number": "+15551234567",
			}
			if diff := cmp.Diff(want, event.Request.UserAttributes); diff != "" || event.UserName != "jane" || event.Request.ClientMetadata["lang"] != "de" {
				t.Errorf("%s of %s, %v (-want +got):\n%s", c.source, event.UserName, event.Request.ClientMetadata, diff)
			}
		}
		if relay.asked() != 0 || w.left(t) != 0 {
			t.Errorf("%d mails sent by others, %d messages left", relay.asked(), w.left(t))
		}
	})
}

func TestADevelopmentServerHandsFunctionsTheirMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		f, relay := w.sending(t), &sender{}
		w.Senders = mailing(relay)
		w.mustPost(t, hello)
		urgent := hello
		urgent.Kind = message.Authentication
		w.mustPost(t, urgent)
		select {
		case <-w.PostedUrgent():
		default:
			t.Error("the loop for urgent messages is not woken")
		}
		if got := w.inbox(t, ""); len(got) != 0 {
			t.Errorf("the inbox has %+v", got)
		}
		if err := w.DeliverUrgent(t.Context()); err != nil || len(f.Calls()) != 1 {
			t.Errorf("%d urgent calls, %v", len(f.Calls()), err)
		}
		w.mustDeliver(t)
		if len(f.Calls()) != 2 || w.left(t) != 0 {
			t.Errorf("%d calls, %d messages left", len(f.Calls()), w.left(t))
		}

		w.pool.Doc.LambdaConfig.CustomEmailSender = nil
		w.mustPost(t, hello)
		w.mustDeliver(t)
		if got := w.inbox(t, ""); len(got) != 1 || len(f.Calls()) != 2 || relay.asked() != 0 {
			t.Errorf("without a sender of its own: %d messages in the inbox, %d calls, %d mails", len(got), len(f.Calls()), relay.asked())
		}
	})
}

func TestDecoysReachNoFunction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, keep := range []bool{false, true} {
			w.Keep = keep
			f := w.sending(t)
			decoy := hello
			decoy.Decoy = true
			if details, err := w.post(t, decoy); err != nil || details.Destination != "j***@e***" {
				t.Fatalf("got %+v, %v", details, err)
			}
			if w.left(t) != 1 {
				t.Error("nothing was stored")
			}
			w.mustDeliver(t)
			if len(f.Calls()) != 0 || w.left(t) != 0 {
				t.Errorf("%d calls, %d messages left", len(f.Calls()), w.left(t))
			}
		}
	})
}

func TestFailuresOfFunctionsPauseByTheirKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer triggertest.Answer
		pauses []time.Duration // until each further attempt
		class  string
		gone   bool // after these there is none
	}{
		{"throttled", triggertest.Answer{Status: 429}, []time.Duration{time.Minute, time.Minute, time.Minute, time.Minute}, "throttled", false},
		{"denied", triggertest.Answer{Status: 403}, []time.Duration{5 * time.Minute, 5 * time.Minute, 5 * time.Minute}, "misconfigured", false},
		{"missing", triggertest.Answer{Status: 404}, []time.Duration{5 * time.Minute, 5 * time.Minute}, "misconfigured", false},
		{"broken", triggertest.Answer{Status: 500}, []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}, "transient", false},
		{"too large", triggertest.Answer{Status: 413}, nil, "refused", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				f := w.sending(t)
				f.Script(c.answer)
				tries := 1
				if c.answer.Status == 429 {
					tries = 3 // at once, before it is put off
				}
				w.failing(t, f, c.pauses, tries, c.class)
				if (w.left(t) == 0) != c.gone {
					t.Errorf("%d messages left", w.left(t))
				}
			})
		})
	}
}

// failing posts a message and makes sure that it is tried after the pauses, and logged.
func (w *world) failing(t *testing.T, f *triggertest.Function, pauses []time.Duration, tries int, class string) {
	t.Helper()
	var log bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	counted := map[string]int{}
	w.Observe = func(transport string) func(delivery.Class) {
		return func(class delivery.Class) { counted[transport+" "+string(class)]++ }
	}
	m := hello
	m.User = jane
	w.mustPost(t, m)
	w.mustDeliver(t)
	for n, pause := range pauses {
		w.advance(pause - time.Second)
		w.mustDeliver(t)
		if got := len(f.Calls()); got != (n+1)*tries {
			t.Fatalf("%d calls a second before the pause of %s is over, want %d", got, pause, (n+1)*tries)
		}
		w.advance(time.Second)
		w.mustDeliver(t)
		if got := len(f.Calls()); got != (n+2)*tries {
			t.Fatalf("%d calls after the pause of %s, want %d", got, pause, (n+2)*tries)
		}
	}
	if counted["function "+class] != len(pauses)+1 || !strings.Contains(log.String(), "transport=function class="+class) {
		t.Errorf("counted %v; the log is\n%s", counted, log.String())
	}
	if strings.Contains(log.String(), "jane") || strings.Contains(log.String(), "012345") {
		t.Errorf("the log has an address or a code:\n%s", log.String())
	}
}

// failure is a transport of functions that has a failure of its own, and counts.
func (w *world) local(t *testing.T, f *triggertest.Function) {
	t.Helper()
	functions, err := outbound.New(outbound.Entry{Function: f.Webhook(), Transport: "webhook", NoBreaker: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Triggers.Functions = functions
}

// Lambda invokes an asynchronous function that fails twice again, after one minute and after two.
func TestFunctionsThatRaiseAreInvokedThreeTimes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f := w.sending(t)
		w.local(t, f)
		f.Script(triggertest.Answer{Raise: "jane@example.org is on holiday", Type: "Error"})
		w.failing(t, f, []time.Duration{time.Minute, 2 * time.Minute}, 1, "raised")
		if w.left(t) != 0 {
			t.Error("it is tried a fourth time")
		}
		attempts := map[string]bool{}
		for _, call := range f.Calls() {
			attempts[call.Header.Get("Cardea-Attempt")] = true
			if call.Header.Get("Cardea-Delivery") != f.Calls()[0].Header.Get("Cardea-Delivery") {
				t.Error("another attempt is another delivery")
			}
		}
		if len(attempts) != 3 {
			t.Errorf("the attempts are called %v", attempts)
		}
	})
}

func TestMessagesForFunctionsExpire(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f := w.sending(t)
		f.Script(triggertest.Answer{Status: 403})
		m := hello
		m.Life = 3 * time.Minute
		w.mustPost(t, m)
		w.mustDeliver(t)
		f.Script(triggertest.Answer{})
		w.advance(5 * time.Minute)
		w.mustDeliver(t)
		if len(f.Calls()) != 1 || w.left(t) != 0 {
			t.Errorf("%d calls, %d messages left", len(f.Calls()), w.left(t))
		}
	})
}

func TestThePoolsFunctionOfTheMomentGetsTheMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f := w.sending(t)
		w.mustPost(t, hello)
		w.pool.Doc.LambdaConfig.CustomEmailSender.LambdaArn = triggertest.ARN("another")
		w.store(t)
		w.mustDeliver(t)
		if calls := f.Calls(); len(calls) != 1 || !strings.HasSuffix(calls[0].Function, "another") {
			t.Errorf("got %+v", calls)
		}

		relay := &sender{}
		w.Senders = mailing(relay)
		w.mustPost(t, hello)
		w.pool.Doc.LambdaConfig.CustomEmailSender = nil
		w.store(t)
		w.mustDeliver(t)
		if len(f.Calls()) != 1 || relay.asked() != 0 || w.left(t) != 0 {
			t.Errorf("without a function: %d calls, %d mails, %d left; want the message given up", len(f.Calls())-1, relay.asked(), w.left(t))
		}
	})
}

func TestMessagesOfPoolsThatAreGoneAreGivenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f := w.sending(t)
		gone := w.pool.Clone()
		gone.ID = "us-east-1_Gone00000"
		w.pool = gone
		w.mustPost(t, hello)
		w.mustDeliver(t)
		if len(f.Calls()) != 0 || w.left(t) != 0 {
			t.Errorf("%d calls, %d messages left", len(f.Calls()), w.left(t))
		}
	})
}

func TestFunctionsGetTheCodeWhateverTheTemplateShows(t *testing.T) {
	t.Parallel()
	p := &pool.Pool{ID: "us-east-1_AbC123xyz"}
	p.Doc.AdminCreateUserConfig = &cognitoidp.AdminCreateUserConfigType{InviteMessageTemplate: &cognitoidp.MessageTemplateType{EmailMessage: "Hello, {username}"}}
	m := message.Message{App: access.App{Pool: p}, Kind: message.AdminCreateUser, Attribute: "email"}
	if m.ShowsCode() {
		t.Error("a template without a place for the code shows it")
	}
	p.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: triggertest.ARN("f")}}
	if !m.ShowsCode() {
		t.Error("a function does not get the code")
	}
}

func TestKeysThatFailPutMessagesOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		f, server := w.sending(t), kmstest.New(t)
		w.Keys.Entries = append(w.Keys.Entries, kmskey.Entry{Key: kmsKey, Remote: server.Client()})
		w.pool.Doc.LambdaConfig.KMSKeyID = kmsKey
		w.store(t)
		server.Refuse(400, "AccessDeniedException")
		w.mustPost(t, hello)
		w.mustDeliver(t)
		if len(f.Calls()) != 0 || w.left(t) != 1 {
			t.Fatalf("%d calls, %d messages left", len(f.Calls()), w.left(t))
		}
		server.Refuse(0, "")
		w.advance(5 * time.Minute)
		w.mustDeliver(t)
		if len(f.Calls()) != 1 || w.left(t) != 0 {
			t.Fatalf("after it was mended: %d calls, %d messages left", len(f.Calls()), w.left(t))
		}
		text, _ := f.Calls()[0].Request()["code"].(string)
		sealed, _ := base64.StdEncoding.DecodeString(text)
		plain, bound, err := esdktest.Read(sealed, func(k esdktest.DataKey, bound map[string]string) ([]byte, error) {
			if k.Provider != "aws-kms" || k.Info != kmstest.ARN {
				t.Errorf("wrapped by %s, %s", k.Provider, k.Info)
			}
			return server.Open(k.Wrapped), nil
		})
		if err != nil || string(plain) != hello.Code {
			t.Errorf("got %q, %v", plain, err)
		}
		if diff := cmp.Diff(bound, server.Calls()[0].Context); diff != "" {
			t.Errorf("the data key is not bound to what the message is (-message +key):\n%s", diff)
		}
	})
}

func TestWhatCannotBeHandedOverIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*cognitoidp.LambdaConfigType){
			"no function": func(l *cognitoidp.LambdaConfigType) {
				l.CustomEmailSender.LambdaArn = "arn:aws:lambda:us-east-1:1:layer:f"
			},
			"no key": func(l *cognitoidp.LambdaConfigType) { l.KMSKeyID = noSuch },
		} {
			w.sending(t)
			change(w.pool.Doc.LambdaConfig)
			if err := w.Ready(w.pool, "email"); !errors.Is(err, message.ErrNoSender) {
				t.Errorf("%s: got %v", name, err)
			}
			if _, err := w.post(t, hello); !errors.Is(err, message.ErrNoSender) || w.left(t) != 0 {
				t.Errorf("%s: got %v, %d messages", name, err, w.left(t))
			}
		}
	})
}
