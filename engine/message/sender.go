package message

import (
	"context"
	"net/mail"
	"slices"
	"strings"

	outmail "cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// Mailer takes responsibility for a mail, or answers a *delivery.Error. [outmail.SMTP] is one.
type Mailer interface {
	Send(ctx context.Context, l outmail.Letter) error
}

// Texter takes responsibility for a text message, or answers a *delivery.Error. [sms.Webhook] is one.
type Texter interface {
	Send(ctx context.Context, t sms.Text) error
}

// What a sender can match besides identities, ARNs and Regions.
const (
	MatchDefault = "default" // pools that name no identity, or no role
	MatchAny     = "*"       // every pool that no other sender matches
)

// Sender is one way of sending mails, or text messages, and says for which pools.
type Sender struct {
	Transport string   // in metrics and the log
	Match     []string // in lower case: a SourceArn, mail address or domain; a role's ARN or Region; MatchDefault, MatchAny
	Domains   []string // of mail: those that From may be of, and below; empty: any

	Mail Mailer // nil: it sends no mails
	Text Texter // nil: it sends no text messages
}

// sends tells whether a mail may be sent from an address; an empty one is the sender's own.
func (s *Sender) sends(from string) bool {
	if from == "" || len(s.Domains) == 0 {
		return true
	}
	domain := domainOf(from)
	return slices.ContainsFunc(s.Domains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
}

// sender finds the sender of a medium for the first of the routes that any matches; nil if there is none.
func (c *Outbox) sender(medium string, routes []string) *Sender {
	if len(routes) == 0 {
		routes = []string{MatchDefault, MatchAny} // a message of an older version
	}
	for _, route := range routes {
		for i := range c.Senders {
			s := &c.Senders[i]
			able := s.Mail != nil
			if medium == cognitoidp.DeliveryMediumTypeSms {
				able = s.Text != nil
			}
			if able && slices.Contains(s.Match, route) {
				return s
			}
		}
	}
	return nil
}

// SenderError says that a pool's EmailConfiguration cannot be used on this server.
type SenderError struct {
	Source string // the SourceArn that no sender matches; empty if one does
	From   string // that its sender must not send from
}

// Error implements error.
func (e *SenderError) Error() string {
	if e.Source != "" {
		return "no sender is configured for " + e.Source
	}
	return "the sender of the pool does not send from " + e.From
}

// CheckMail answers *SenderError if the server cannot send mails as the pool's EmailConfiguration wants it. Where messages
// are kept every configuration can be used.
func (c *Outbox) CheckMail(p *pool.Pool) error {
	e := p.Doc.EmailConfiguration
	if c.Keep || e == nil || e.EmailSendingAccount != cognitoidp.EmailSendingAccountTypeDeveloper {
		return nil
	}
	settings := settingsOf(p, cognitoidp.DeliveryMediumTypeEmail)
	sender := c.sender(cognitoidp.DeliveryMediumTypeEmail, settings.Routes)
	if sender == nil {
		return &SenderError{Source: e.SourceArn}
	}
	if !sender.sends(settings.From) {
		return &SenderError{From: settings.From}
	}
	return nil
}

// settings are what a pool says about sending one of its messages.
type settings struct {
	Routes  []string `json:"routes,omitempty"` // what its sender may match, the best first
	From    string   `json:"from,omitempty"`
	ReplyTo string   `json:"reply_to,omitempty"`

	ConfigurationSet string `json:"configuration_set,omitempty"`
	Origination      string `json:"origination,omitempty"`
	Entity           string `json:"entity,omitempty"`
	Template         string `json:"template,omitempty"`
}

func settingsOf(p *pool.Pool, medium string) settings {
	if medium == cognitoidp.DeliveryMediumTypeSms {
		return textSettings(p.Doc.SmsConfiguration)
	}
	return mailSettings(p.Doc.EmailConfiguration)
}

// mailSettings of a pool with an identity of its own name it, its domain and the From address's domain.
func mailSettings(e *cognitoidp.EmailConfigurationType) settings {
	if e == nil {
		return settings{Routes: routes(MatchDefault)}
	}
	if e.EmailSendingAccount != cognitoidp.EmailSendingAccountTypeDeveloper {
		return settings{Routes: routes(MatchDefault), ReplyTo: e.ReplyToEmailAddress}
	}
	_, identity, _ := strings.Cut(e.SourceArn, ":identity/")
	from := e.From
	if from == "" && strings.Contains(identity, "@") {
		from = identity
	}
	domain := identity
	if _, after, found := strings.Cut(identity, "@"); found {
		domain = after
	}
	return settings{
		Routes: routes(e.SourceArn, identity, domain, bare(from), domainOf(from)),
		From:   from, ReplyTo: e.ReplyToEmailAddress, ConfigurationSet: e.ConfigurationSet,
	}
}

// textSettings of a pool name its role and its Region; where no sender matches these the default sends.
func textSettings(s *cognitoidp.SmsConfigurationType) settings {
	if s == nil {
		return settings{Routes: routes(MatchDefault)}
	}
	if e := s.EumsSms; e != nil {
		return settings{
			Routes:      routes(e.CallerArn, s.SnsCallerArn, e.Region, s.SnsRegion, MatchDefault),
			Origination: e.OriginationIdentity, ConfigurationSet: e.ConfigurationSetName, Entity: e.InEntityId, Template: e.InTemplateId,
		}
	}
	return settings{Routes: routes(s.SnsCallerArn, s.SnsRegion, MatchDefault)}
}

// routes makes a list of what a sender may match, in lower case and without what is empty.
func routes(names ...string) []string {
	var list []string
	for _, name := range append(names, MatchAny) {
		if name = strings.ToLower(name); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// bare is the mail address alone of "Name <address>".
func bare(from string) string {
	if a, err := mail.ParseAddress(from); err == nil {
		return a.Address
	}
	return ""
}

// domainOf is the domain of "Name <address>", in lower case.
func domainOf(from string) string {
	_, domain, _ := strings.Cut(bare(from), "@")
	return strings.ToLower(domain)
}
