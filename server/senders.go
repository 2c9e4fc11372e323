package server

import (
	"fmt"

	"cardea/engine/message"
	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/web"
)

// senders are those of the configuration.
type senders struct {
	list   []message.Sender
	relays []*mail.SMTP // that keep connections
}

// newSenders makes the senders of the configuration; a development server has none.
func newSenders(c Config) (all senders, err error) {
	if c.Dev {
		return all, nil
	}
	if c.SMTP.Host != "" {
		relay := &mail.SMTP{
			Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: c.SMTP.TLS, From: c.SMTP.From,
			Username: c.SMTP.Username, Password: c.SMTP.Password.Reveal(),
		}
		all.relays = append(all.relays, relay)
		all.list = append(all.list, message.Sender{Transport: "smtp", Match: []string{message.MatchDefault, message.MatchAny}, Mail: relay})
	}
	if c.SMS.WebhookURL != "" {
		client, err := web.New(web.Options{Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP})
		if err != nil {
			return all, fmt.Errorf("outgoing: %w", err)
		}
		webhook := &sms.Webhook{
			URL: c.SMS.WebhookURL, Secrets: [][]byte{[]byte(c.SMS.WebhookSecret.Reveal())}, Client: client, Now: c.now(),
		}
		all.list = append(all.list, message.Sender{Transport: "webhook", Match: []string{message.MatchDefault, message.MatchAny}, Text: webhook})
	}
	return all, nil
}

// close ends the connections that are kept.
func (s senders) close() {
	for _, relay := range s.relays {
		relay.Close()
	}
}
