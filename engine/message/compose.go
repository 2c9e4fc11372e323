package message

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"cardea/engine/access"
	"cardea/engine/trigger"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Kind is the occasion of a message, by the names that CustomMessage triggers know.
type Kind string

// The occasions.
const (
	SignUp              Kind = "SignUp"
	AdminCreateUser     Kind = "AdminCreateUser"
	ResendCode          Kind = "ResendCode"
	ForgotPassword      Kind = "ForgotPassword"
	UpdateUserAttribute Kind = "UpdateUserAttribute"
	VerifyUserAttribute Kind = "VerifyUserAttribute"
	Authentication      Kind = "Authentication"

	// Taken tells whoever reads an address that it was used for a sign-up, and is that of an account already. It has no code, and no
	// function knows of it.
	Taken Kind = "Taken"
)

// What Cognito writes when the pool does not say otherwise; the blank at the end is Cognito's.
const (
	defaultCode          = "Your verification code is {####}. "
	defaultCodeSubject   = "Your verification code"
	defaultInvite        = "Your username is {username} and temporary password is {####}. "
	defaultInviteSubject = "Your temporary password"
	defaultLink          = "Please click the link below to verify your email address. {##Verify Email##} "
	defaultLinkSubject   = "Your verification link"
	defaultAuth          = "Your authentication code is {####}. "
	defaultAuthSubject   = "Your authentication code"

	takenSubject = "You already have an account"
	taken        = "Somebody, maybe you, tried to sign up with this address, which already has an account. " +
		"Sign in with it, or reset its password if you have forgotten it. If it was not you, there is nothing to do."
)

// Message is one message to one user, to be composed.
type Message struct {
	access.App // the client is nil for administrators

	Kind      Kind
	Attribute string // "email" or "phone_number": decides the medium
	To        string // the address itself
	Code      string // the code, or the temporary password of an invitation
	Username  string // for an invitation, or a link
	Decoy     bool   // do the work, answer the details, and deliver nothing
	CountAs   string // what a decoy counts for in the place of its address, which is made up

	User     *user.User        // whom a function of the pool is told of, as they are once the message is posted; nil for a decoy
	Metadata map[string]string // that it is told, too
	Texts    *trigger.Texts    // what CustomMessage has written; nil: Compose asks it

	Source string        // the network that the request comes from, as lockout.Source has it; empty if it is not known
	Life   time.Duration // how long after it was posted it is worth delivering; 0: as long as any message is
}

func (m Message) medium() string {
	if m.Attribute == "phone_number" {
		return cognitoidp.DeliveryMediumTypeSms
	}
	return cognitoidp.DeliveryMediumTypeEmail
}

// Composed is a message that is ready to be posted.
type Composed struct {
	Details *cognitoidp.CodeDeliveryDetailsType // where it goes, masked

	message Message
	content content
}

// Compose writes a message by the texts that the pool's CustomMessage trigger gives, or by the templates that the pool has
// for it, unless a function of the pool will write and send it. It is called outside of transactions. It answers ErrNoSender
// when the server has no sender for the medium or the message cannot be sent safely, and a *trigger.Error when the trigger
// has kept the message from being written.
func (c *Outbox) Compose(ctx context.Context, m Message) (*Composed, error) {
	if err := c.Ready(m.Pool, m.Attribute); err != nil {
		return nil, err
	}
	if err := errors.Join(m.safe(), c.reachable(m)); err != nil {
		return nil, err
	}
	if m.Kind == Taken {
		m.Decoy = writesItself(m.Pool, m.Attribute) // a function could not tell it from a code
		return &Composed{Details: Details(m.Attribute, m.To), message: m, content: c.write(m)}, nil
	}
	if writesItself(m.Pool, m.Attribute) {
		forFunction, err := functionContent(ctx, m)
		if err != nil {
			return nil, err
		}
		return &Composed{Details: Details(m.Attribute, m.To), message: m, content: forFunction}, nil
	}
	if m.Texts == nil {
		texts, err := c.Texts(ctx, m, m.Attribute)
		if err != nil {
			return nil, err
		}
		m.Texts = &texts
	}
	written := c.write(m)
	written.Kind = m.Kind
	return &Composed{Details: Details(m.Attribute, m.To), message: m, content: written}, nil
}

// safe refuses values that could begin a header, a command or a message of their own where they are put: those with a line
// break or another control character. It answers an error that wraps ErrNoSender.
func (m Message) safe() error {
	for _, value := range []string{m.To, m.Code, m.Username} {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("%w: a value to be put into it has a control character", ErrNoSender)
		}
	}
	return nil
}

// reachable refuses addresses that no sender could deliver to, and phone numbers of countries that text messages may not go
// to: it answers an error that wraps ErrNoSender. The number of a decoy counts only if it is the name that was given.
func (c *Outbox) reachable(m Message) error {
	if m.medium() == cognitoidp.DeliveryMediumTypeEmail {
		if address, err := mail.ParseAddress(m.To); err != nil || address.Address != m.To {
			return fmt.Errorf("%w: the address is malformed", ErrNoSender)
		}
		return nil
	}
	given := !m.Decoy || m.To == m.Username
	if given && len(c.Limits.Countries) > 0 && !slices.ContainsFunc(c.Limits.Countries, func(code string) bool { return strings.HasPrefix(m.To, code) }) {
		return fmt.Errorf("%w: the country is not allowed", ErrNoSender)
	}
	return nil
}

// content is what an outbox row seals.
type content struct {
	To      string `json:"to"`
	Subject string `json:"subject,omitempty"` // empty for a text message
	Body    string `json:"body"`
	Code    string `json:"code"`
	Kind    Kind   `json:"kind,omitempty"`
	HTML    bool   `json:"html,omitempty"`
	settings

	Sending *trigger.Sending `json:"sending,omitempty"` // what the pool's function is told, which writes subject and body
}

// write fills in the template for this message.
func (c *Outbox) write(m Message) content {
	written := content{To: m.To, Code: m.Code, settings: settingsOf(m.Pool, m.medium())}
	subject, body := m.template()
	if m.byLink() {
		written.HTML, written.Subject, written.Body = true, subject, fillLink(body, c.link(m))
		return written
	}
	written.HTML = m.medium() == cognitoidp.DeliveryMediumTypeEmail && tag.MatchString(body)
	written.Subject, written.Body = fill(subject, m, false), fill(body, m, written.HTML)
	return written
}

// template is what the message is written by: the texts of the pool's trigger, and where it gave none those of the pool. A text
// message has no subject.
func (m Message) template() (subject, body string) {
	var given trigger.Texts
	if m.Texts != nil {
		given = *m.Texts
	}
	if m.medium() == cognitoidp.DeliveryMediumTypeSms {
		return "", cmp.Or(given.SMS, smsTemplate(m.Pool, m.Kind))
	}
	subject, body = mailTemplate(m.Pool, m.Kind)
	return cmp.Or(given.Subject, subject), cmp.Or(given.Email, body)
}

// ShowsCode tells whether the template for the message has a place for the code, or a function of the pool gets the code.
func (m Message) ShowsCode() bool {
	if writesItself(m.Pool, m.Attribute) {
		return true
	}
	subject, body := m.template()
	return strings.Contains(subject, trigger.CodePlace) || strings.Contains(body, trigger.CodePlace)
}

// tag finds out whether a template is HTML: Cognito sends all mail as such, but plain text reads better as itself.
var tag = regexp.MustCompile(`<(?:!|/?[A-Za-z])[^<]*>`)

// fill puts the code, and for invitations the user name, into a template. One pass, so that a user name that looks like a
// placeholder stays what it is.
func fill(template string, m Message, isHTML bool) string {
	escape := func(s string) string { return s }
	if isHTML {
		escape = html.EscapeString
	}
	pairs := []string{trigger.CodePlace, escape(m.Code)}
	if m.Kind == AdminCreateUser {
		pairs = append(pairs, trigger.UsernamePlace, escape(m.Username))
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// mailTemplate gives subject and body of a mail.
func mailTemplate(p *pool.Pool, kind Kind) (subject, body string) {
	if ByLink(p, kind, user.NameEmail) {
		t := verification(p)
		return cmp.Or(t.EmailSubjectByLink, defaultLinkSubject), cmp.Or(t.EmailMessageByLink, defaultLink)
	}
	switch kind {
	case Taken:
		return takenSubject, taken
	case AdminCreateUser:
		t := invitation(p)
		return cmp.Or(t.EmailSubject, defaultInviteSubject), cmp.Or(t.EmailMessage, defaultInvite)
	case Authentication:
		if t := p.MFA.EmailMfaConfiguration; t != nil {
			return cmp.Or(t.Subject, defaultAuthSubject), cmp.Or(t.Message, defaultAuth)
		}
		return defaultAuthSubject, defaultAuth
	default:
		t := verification(p)
		return cmp.Or(t.EmailSubject, p.Doc.EmailVerificationSubject, defaultCodeSubject),
			cmp.Or(t.EmailMessage, p.Doc.EmailVerificationMessage, defaultCode)
	}
}

func smsTemplate(p *pool.Pool, kind Kind) string {
	switch kind {
	case Taken:
		return taken
	case AdminCreateUser:
		return cmp.Or(invitation(p).SMSMessage, defaultInvite)
	case Authentication:
		var own string
		if t := p.MFA.SmsMfaConfiguration; t != nil {
			own = t.SmsAuthenticationMessage
		}
		return cmp.Or(own, p.Doc.SmsAuthenticationMessage, defaultAuth)
	default:
		return cmp.Or(verification(p).SmsMessage, p.Doc.SmsVerificationMessage, defaultCode)
	}
}

func verification(p *pool.Pool) cognitoidp.VerificationMessageTemplateType {
	if t := p.Doc.VerificationMessageTemplate; t != nil {
		return *t
	}
	return cognitoidp.VerificationMessageTemplateType{}
}

func invitation(p *pool.Pool) cognitoidp.MessageTemplateType {
	if c := p.Doc.AdminCreateUserConfig; c != nil && c.InviteMessageTemplate != nil {
		return *c.InviteMessageTemplate
	}
	return cognitoidp.MessageTemplateType{}
}
