package server

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"time"

	"cardea/engine/message"
	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/config"
	"cardea/platform/telemetry"
	"cardea/platform/web"
	"cardea/spec/jose"
)

// meteredSigner counts what the standard library signs.
func meteredSigner(m *telemetry.Metrics) func(*rsa.PrivateKey) jose.Signer {
	return func(key *rsa.PrivateKey) jose.Signer { return signer{jose.RSA{Key: key}, m} }
}

type signer struct {
	jose.Signer
	metrics *telemetry.Metrics
}

// Sign implements jose.Signer.
func (s signer) Sign(digest [sha256.Size]byte) ([]byte, error) {
	began := time.Now()
	signature, err := s.Signer.Sign(digest)
	s.metrics.Signature(jose.RS256, time.Since(began))
	return signature, err
}

// mailer is the relay of the configuration, counted; nil when there is none.
func mailer(c Config, m *telemetry.Metrics) message.Mailer {
	if c.SMTP.Host == "" {
		return nil
	}
	relay := &mail.SMTP{
		Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: c.SMTP.TLS, From: c.SMTP.From,
		Username: c.SMTP.Username, Password: c.SMTP.Password.Reveal(),
	}
	return meteredMailer{relay, m}
}

// limits are the bounds of messages that the configuration gives.
func limits(c Config) message.Limits {
	if c.Limits == nil && c.Dev {
		return message.Limits{}
	}
	given := config.Default().Limits
	if c.Limits != nil {
		given = *c.Limits
	}
	return message.Limits{
		Mail:   message.Quota{Hour: given.MailHour, Day: given.MailDay},
		SMS:    message.Quota{Hour: given.SMSHour, Day: given.SMSDay},
		Source: given.SourceHour,
	}
}

type meteredMailer struct {
	message.Mailer
	metrics *telemetry.Metrics
}

// Send implements message.Mailer.
func (s meteredMailer) Send(ctx context.Context, l mail.Letter) error {
	began := time.Now()
	err := s.Mailer.Send(ctx, l)
	s.metrics.Outbound("smtp", time.Since(began), err)
	return err
}

// texter is the webhook of the configuration, counted; nil when there is none.
func texter(c Config, m *telemetry.Metrics) (message.Texter, error) {
	if c.SMS.WebhookURL == "" {
		return nil, nil
	}
	client, err := web.New(web.Options{Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP})
	if err != nil {
		return nil, fmt.Errorf("outgoing: %w", err)
	}
	webhook := &sms.Webhook{
		URL: c.SMS.WebhookURL, Secret: []byte(c.SMS.WebhookSecret.Reveal()), Client: client, Now: c.now(),
	}
	return meteredTexter{webhook, m}, nil
}

type meteredTexter struct {
	message.Texter
	metrics *telemetry.Metrics
}

// Send implements message.Texter.
func (s meteredTexter) Send(ctx context.Context, t sms.Text) error {
	began := time.Now()
	err := s.Texter.Send(ctx, t)
	s.metrics.Outbound("sms", time.Since(began), err)
	return err
}
