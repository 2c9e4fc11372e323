package message

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/outbox"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Mailer takes responsibility for a mail, or says mail.ErrRefused when no further attempt can help. [mail.SMTP] is one.
type Mailer interface {
	Send(ctx context.Context, l mail.Letter) error
}

// Texter takes responsibility for a text message, or says sms.ErrRefused when no further attempt can help.
// [sms.Webhook] is one.
type Texter interface {
	Send(ctx context.Context, t sms.Text) error
}

// Outbox puts messages into the outbox and takes them out.
type Outbox struct {
	DB   *db.DB
	Ring *datakey.Ring
	Keep bool   // messages stay and are the inbox: a development server
	Mail Mailer // nil: mails cannot be sent
	Text Texter // nil: text messages cannot be sent

	once sync.Once
	wake chan struct{}

	posted atomic.Uint32 // tells messages of one millisecond apart, in their order
}

// Message is one message to one user.
type Message struct {
	Pool      *pool.Pool
	Kind      Kind
	Attribute string // "email" or "phone_number": decides the medium
	To        string // the address itself
	Code      string // the code, or the temporary password of an invitation
	Username  string // for an invitation
	Decoy     bool   // do the work, answer the details, and reach nobody
}

func (m Message) medium() string {
	if m.Attribute == "phone_number" {
		return cognitoidp.DeliveryMediumTypeSms
	}
	return cognitoidp.DeliveryMediumTypeEmail
}

// letter is what an outbox row seals.
type letter struct {
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body"`
	Code    string `json:"code"`
	HTML    bool   `json:"html,omitempty"`
	From    string `json:"from,omitempty"`
	ReplyTo string `json:"reply_to,omitempty"`
}

// Post puts a message into the outbox, to be delivered if and only if tx commits, and tells how it goes. box is the
// pool's. Its faults: CodeDeliveryFailure when the server has no sender for the medium, UnexpectedLambda when the pool has
// a trigger that would write or send the message itself.
func (c *Outbox) Post(tx *db.Tx, box *seal.Box, m Message) (*cognitoidp.CodeDeliveryDetailsType, error) {
	if err := c.Ready(m.Pool, m.Attribute); err != nil {
		return nil, err
	}
	row, err := c.write(tx, box, m)
	if err != nil {
		return nil, err
	}
	if err := outbox.Insert(tx, row); err != nil {
		return nil, err
	}
	return Details(m.Attribute, m.To), nil
}

// Ready answers the fault with which Post would refuse any message to such an attribute of the pool's users.
func (c *Outbox) Ready(p *pool.Pool, attribute string) error {
	medium, sender, able := "email", trigger.CustomEmailSender, c.Mail != nil
	if attribute == "phone_number" {
		medium, sender, able = "SMS", trigger.CustomSMSSender, c.Text != nil
	}
	if err := trigger.Refuse(p.Doc.LambdaConfig, trigger.CustomMessage, sender); err != nil {
		return err
	}
	if !able && !c.Keep {
		return cognitoidp.CodeDeliveryFailure("This server has no way of sending " + medium + " messages.")
	}
	return nil
}

// Undeliverable tells whether err is the fault that says the server has no sender for a medium.
func Undeliverable(err error) bool {
	return awsjson.IsFault(err, "CodeDeliveryFailureException")
}

// Details describes the delivery to an address, masked.
func Details(attribute, to string) *cognitoidp.CodeDeliveryDetailsType {
	return &cognitoidp.CodeDeliveryDetailsType{
		AttributeName:  attribute,
		DeliveryMedium: Message{Attribute: attribute}.medium(),
		Destination:    Mask(attribute, to),
	}
}

func (c *Outbox) write(tx *db.Tx, box *seal.Box, m Message) (*outbox.Row, error) {
	t := compose(m)
	l := letter{To: m.To, Subject: t.subject, Body: t.body, Code: m.Code, HTML: t.html}
	if e := m.Pool.Doc.EmailConfiguration; e != nil && m.Attribute != "phone_number" {
		l.ReplyTo = e.ReplyToEmailAddress
		if e.EmailSendingAccount == cognitoidp.EmailSendingAccountTypeDeveloper {
			l.From = e.From
		}
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	recipient, err := c.recipient(tx, m.To)
	if err != nil {
		return nil, err
	}

	row := &outbox.Row{
		Pool:      m.Pool.ID,
		ID:        fmt.Sprintf("%012x%08x%s", tx.Now.UnixMilli(), c.posted.Add(1), rand.Text()[:16]),
		Medium:    m.medium(),
		Recipient: recipient,
		Written:   tx.Now,
		Due:       tx.Now,
	}
	if m.Decoy {
		row.Medium = ""
	}
	row.Letter = box.Seal(label(row), plain)
	return row, nil
}

// recipient is what an address's messages are found by without the database telling whose they are.
func (c *Outbox) recipient(tx *db.Tx, to string) (string, error) {
	box, err := c.Ring.ServerBox(tx)
	if err != nil {
		return "", fmt.Errorf("open server box: %w", err)
	}
	return hex.EncodeToString(box.MAC("outbox recipient", []byte(strings.ToLower(to)))), nil
}

// open unseals what write sealed.
func (c *Outbox) open(tx *db.Tx, row *outbox.Row) (l letter, err error) {
	box, err := c.Ring.Box(tx, row.Pool)
	if err != nil {
		return l, fmt.Errorf("open box of %s: %w", row.Pool, err)
	}
	plain, err := box.Open(label(row), row.Letter)
	if err != nil {
		return l, fmt.Errorf("open message: %w", err)
	}
	if err := json.Unmarshal(plain, &l); err != nil {
		return l, fmt.Errorf("decode message: %w", err)
	}
	return l, nil
}

func label(row *outbox.Row) string { return "outbox/" + row.ID }

// Kick says that there may be something to deliver; call it once the transaction with the Post has committed. It never
// waits.
func (c *Outbox) Kick() {
	select {
	case c.bell() <- struct{}{}:
	default: // it rings already
	}
}

// Kicked rings after Kick; the server's delivery loop waits for it.
func (c *Outbox) Kicked() <-chan struct{} { return c.bell() }

func (c *Outbox) bell() chan struct{} {
	c.once.Do(func() { c.wake = make(chan struct{}, 1) })
	return c.wake
}

// Patience is how long a delivery loop that nobody kicks sleeps between two looks at the outbox.
const Patience = 5 * time.Second
