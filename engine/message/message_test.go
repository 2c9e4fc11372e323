package message_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/outbound/mail"
	"cardea/outbound/mail/mailtest"
	"cardea/outbound/sms"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is an outbox on a database whose clock the test sets.
type world struct {
	*message.Outbox
	clock atomic.Int64
	pool  *pool.Pool
}

func (w *world) advance(d time.Duration) { w.clock.Add(d.Milliseconds()) }

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := &world{pool: &pool.Pool{ID: id.NewPool("us-east-1")}}
		w.clock.Store(noon.UnixMilli())
		d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: func() time.Time { return db.Time(w.clock.Load()) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		master, err := seal.NewMaster(seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		w.Outbox = &message.Outbox{DB: d, Ring: &datakey.Ring{Master: master}}
		body(t, w)
	})
}

func (w *world) post(t *testing.T, m message.Message) (details *cognitoidp.CodeDeliveryDetailsType, err error) {
	t.Helper()
	m.Pool = w.pool
	m.Box = w.box(t)
	composed, err := w.Compose(t.Context(), m)
	if err != nil {
		return nil, err
	}
	err = w.DB.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error { return w.Post(tx, composed) })
	return composed.Details, err
}

// box is the pool's box.
func (w *world) box(t *testing.T) (box *seal.Box) {
	t.Helper()
	err := w.DB.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) (err error) {
		box, err = w.Ring.Box(tx, w.pool.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func (w *world) prune(t *testing.T) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := w.Prune(tx, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) mustPost(t *testing.T, m message.Message) {
	t.Helper()
	if _, err := w.post(t, m); err != nil {
		t.Fatal(err)
	}
}

func (w *world) inbox(t *testing.T, to string) []message.Received {
	t.Helper()
	messages, err := w.Inbox(t.Context(), to, 100)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// sender takes mails, or fails as told.
type sender struct {
	mu    sync.Mutex
	fail  error
	calls int
	mails []mail.Letter
}

func (s *sender) Send(_ context.Context, l mail.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail == nil {
		s.mails = append(s.mails, l)
	}
	return s.fail
}

func (s *sender) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *sender) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

// mailing makes a server that sends all mail by one sender.
func mailing(m message.Mailer) []message.Sender {
	return []message.Sender{{Transport: "test", Match: []string{message.MatchAny}, Mail: m}}
}

var hello = message.Message{Kind: message.SignUp, Attribute: "email", To: "jane@example.org", Code: "012345"}

func TestInboxKeepsWhatADevelopmentServerWouldSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		if messages := w.inbox(t, "jane@example.org"); len(messages) != 0 {
			t.Fatalf("a new server has %d messages", len(messages))
		}
		details, err := w.post(t, hello)
		want := &cognitoidp.CodeDeliveryDetailsType{AttributeName: "email", DeliveryMedium: "EMAIL", Destination: "j***@e***"}
		if diff := cmp.Diff(want, details); err != nil || diff != "" {
			t.Errorf("%v, details (-want +got):\n%s", err, diff)
		}
		w.advance(time.Second)
		w.mustPost(t, message.Message{Kind: message.SignUp, Attribute: "phone_number", To: "+15551234567", Code: "999999"})
		w.mustPost(t, message.Message{Kind: message.SignUp, Attribute: "email", To: "nobody@example.org", Code: "1", Decoy: true})
		if err := w.Deliver(t.Context()); err != nil {
			t.Error(err)
		}

		mail := message.Received{To: "jane@example.org", Medium: "EMAIL", Subject: "Your verification code",
			Body: "Your verification code is 012345. ", Code: "012345", SentAt: noon, Pool: w.pool.ID, Kind: message.SignUp}
		text := message.Received{To: "+15551234567", Medium: "SMS", Body: "Your verification code is 999999. ", Code: "999999", SentAt: noon.Add(time.Second), Pool: w.pool.ID, Kind: message.SignUp}
		named := cmpopts.IgnoreFields(message.Received{}, "ID") // random
		if diff := cmp.Diff([]message.Received{mail, text}, w.inbox(t, ""), named); diff != "" {
			t.Errorf("everyone's (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]message.Received{mail}, w.inbox(t, "Jane@Example.org"), named); diff != "" {
			t.Errorf("one's (-want +got):\n%s", diff)
		}
	})
}

func TestPruneBoundsTheInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		w.mustPost(t, hello)
		w.mustPost(t, message.Message{Kind: message.SignUp, Attribute: "email", To: "x@example.org", Code: "1", Decoy: true})
		w.advance(message.InboxLife - time.Hour)
		w.mustPost(t, message.Message{Kind: message.SignUp, Attribute: "email", To: "new@example.org", Code: "2"})
		w.prune(t)
		if n := len(w.inbox(t, "")); n != 2 {
			t.Errorf("%d messages before their time is over, want 2", n)
		}
		w.advance(2 * time.Hour)
		w.prune(t)
		if messages := w.inbox(t, ""); len(messages) != 1 || messages[0].To != "new@example.org" {
			t.Errorf("left: %v", messages)
		}
	})
}

func TestPostRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Senders = mailing(&sender{})
		if _, err := w.post(t, message.Message{Kind: message.SignUp, Attribute: "phone_number", To: "+15551234567"}); !errors.Is(err, message.ErrNoSender) {
			t.Errorf("an SMS without a sender: got %v", err)
		}
		if _, err := w.post(t, hello); err != nil {
			t.Errorf("a mail with a sender: %v", err)
		}
		w.pool.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{CustomMessage: triggertest.ARN("f")}
		if _, err := w.post(t, hello); !stopped(err, trigger.NotInvoked) {
			t.Errorf("a function that is not configured: got %v", err)
		}
		w.pool.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: triggertest.ARN("f")}}
		if _, err := w.post(t, hello); !errors.Is(err, message.ErrNoSender) {
			t.Errorf("a CustomEmailSender that is not configured: got %v", err)
		}
	})
}

func TestDeliverSendsEachMessageOnceHoweverManyRunIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		relay := &sender{}
		w.Senders = mailing(relay)
		for i := range 30 {
			m := hello
			m.To, m.Decoy = fmt.Sprintf("user%d@example.org", i), i%3 == 0
			w.mustPost(t, m)
		}
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if err := w.Deliver(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if n := relay.taken(); n != 20 {
			t.Errorf("%d messages sent, want 20: the 10 decoys are not sent", n)
		}
		if n := len(w.inbox(t, "")); n != 0 {
			t.Errorf("%d messages are still there after delivery", n)
		}
	})
}

func TestMailReachesARelay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		server := (&mailtest.Server{StartTLS: true}).Start(t)
		w.Senders = mailing(&mail.SMTP{Host: server.Host, Port: server.Port, From: "no-reply@example.com",
			Config: &tls.Config{RootCAs: server.Roots, ServerName: server.Host, MinVersion: tls.VersionTLS12}})
		w.pool.Doc.EmailConfiguration = &cognitoidp.EmailConfigurationType{
			EmailSendingAccount: "DEVELOPER", From: "Shop <shop@example.com>", ReplyToEmailAddress: "help@example.com"}
		w.pool.Doc.VerificationMessageTemplate = &cognitoidp.VerificationMessageTemplateType{
			EmailSubject: "Welcome", EmailMessage: "<p>Your code: <b>{####}</b></p>"}
		w.mustPost(t, hello)
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := server.Letters()[0]
		if got.From != "shop@example.com" || got.Subject() != "Welcome" || got.Body != "<p>Your code: <b>012345</b></p>" {
			t.Errorf("got %q, %q, %q", got.From, got.Subject(), got.Body)
		}
	})
}

func TestTextReachesTheGateway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		gateway := &texter{}
		w.Senders = []message.Sender{{Match: []string{message.MatchAny}, Text: gateway}}
		w.mustPost(t, message.Message{Kind: message.Authentication, Attribute: "phone_number", To: "+15551234567", Code: "445566"})
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := gateway.texts[0]; got.To != "+15551234567" || got.Body != "Your authentication code is 445566. " || got.ID == "" {
			t.Errorf("got %+v", got)
		}
	})
}

type texter struct{ texts []sms.Text }

func (x *texter) Send(_ context.Context, t sms.Text) error {
	x.texts = append(x.texts, t)
	return nil
}

func TestPostWakesDeliveryOnceItIsCommitted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Senders = mailing(&sender{})
		woken := func(loop <-chan struct{}) bool {
			select {
			case <-loop:
				return true
			default:
				return false
			}
		}
		m := hello
		m.Pool, m.Box = w.pool, w.box(t)
		composed, err := w.Compose(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		err = w.DB.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(w.Post(tx, composed), undone) })
		if !errors.Is(err, undone) || woken(w.Posted()) {
			t.Errorf("delivery was woken for what was rolled back (%v)", err)
		}

		for range 2 { // the second finds one woken already
			w.mustPost(t, hello)
		}
		if !woken(w.Posted()) || woken(w.Posted()) || woken(w.PostedUrgent()) {
			t.Error("a sign-up's code does not wake one loop, for everything")
		}
		urgent := hello
		urgent.Kind = message.Authentication
		w.mustPost(t, urgent)
		if !woken(w.Posted()) || !woken(w.PostedUrgent()) {
			t.Error("a sign-in's code does not wake both kinds of loops")
		}
	})
}
