package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/kmskey"
	"cardea/engine/message"
	"cardea/outbound/aws"
	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/config"
	"cardea/platform/web"
	"cardea/spec/sigv4"
)

// senders are the senders of messages that the configuration names.
type senders struct {
	keys   *kmskey.Keys // for messages that functions of pools send
	list   []message.Sender
	relays []*mail.SMTP // that keep connections
}

// newSenders makes the senders of the configuration; a development server has none but functions.
func newSenders(c Config) (all senders, err error) {
	if all.keys, err = newKMSKeys(c); err != nil || c.Dev {
		return all, err
	}
	client, err := web.New(web.Options{Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP})
	if err != nil {
		return all, fmt.Errorf("outgoing: %w", err)
	}
	for _, given := range c.allSenders() {
		sender := message.Sender{Transport: given.Transport, Match: lower(given.Match), Domains: lower(given.Domains)}
		switch given.Transport {
		case "smtp":
			relay := &mail.SMTP{
				Host: given.Host, Port: given.Port, TLS: given.TLS, From: given.From,
				Username: given.Username, Password: given.Password.Reveal(),
			}
			all.relays = append(all.relays, relay)
			sender.Mail = relay
		case "ses":
			sender.Mail = &mail.SES{Service: c.service(given, client), From: given.From, ConfigurationSet: given.ConfigurationSet}
		case "sns":
			sender.Text = &sms.SNS{Service: c.service(given, client), SenderID: given.SenderID, Origination: given.Origination}
		case "end_user_messaging":
			sender.Text = &sms.EndUserMessaging{
				Service: c.service(given, client), Origination: given.Origination, ConfigurationSet: given.ConfigurationSet,
			}
		case "twilio":
			sender.Text = &sms.Twilio{
				Account: given.Account, User: given.Username, Password: given.Password.Reveal(), From: given.From,
				MessagingService: given.MessagingService, Endpoint: given.Endpoint, Client: client,
			}
		case "webhook":
			sender.Text = &sms.Webhook{URL: given.URL, Secrets: secrets(given), Client: client, Now: c.now()}
		}
		all.list = append(all.list, sender)
	}
	return all, nil
}

// allSenders are the configured ones, and those of the settings "smtp" and "sms" behind them: of pools that name no identity
// or role, and of all others too where no sender of the medium is configured.
func (c *Config) allSenders() []config.Sender {
	all := slices.Clone(c.Senders)
	match := func(transports ...string) []string {
		configured := slices.ContainsFunc(c.Senders, func(s config.Sender) bool { return slices.Contains(transports, s.Transport) })
		if configured {
			return []string{message.MatchDefault}
		}
		return []string{message.MatchDefault, message.MatchAny}
	}
	if c.SMTP.Host != "" {
		all = append(all, config.Sender{
			Transport: "smtp", Match: match("smtp", "ses"), Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: c.SMTP.TLS,
			Username: c.SMTP.Username, Password: c.SMTP.Password, From: c.SMTP.From,
		})
	}
	if c.SMS.WebhookURL != "" {
		all = append(all, config.Sender{
			Transport: "webhook", Match: match("sns", "end_user_messaging", "twilio", "webhook"), URL: c.SMS.WebhookURL,
			Secret: c.SMS.WebhookSecret, NextSecret: c.SMS.WebhookNextSecret,
		})
	}
	return all
}

// hosts are the beginnings of host names of services whose signatures have another name.
var hosts = map[string]struct{ name, host string }{
	"ses":                {"ses", "email"},
	"sns":                {"sns", "sns"},
	"end_user_messaging": {"sms-voice", "sms-voice"},
}

// service is the AWS service that a sender calls.
func (c *Config) service(given config.Sender, client *http.Client) *aws.Service {
	of := hosts[given.Transport]
	return &aws.Service{
		Name: of.name, Host: of.host, Region: given.Region, Endpoint: given.Endpoint, Client: client, Now: c.now(),
		Key: sigv4.Key{ID: given.AccessKeyID, Secret: given.SecretAccessKey.Reveal(), SessionToken: given.SessionToken.Reveal()},
	}
}

// secrets are the active ones of a webhook.
func secrets(given config.Sender) [][]byte {
	all := [][]byte{[]byte(given.Secret.Reveal())}
	if given.NextSecret != "" {
		all = append(all, []byte(given.NextSecret.Reveal()))
	}
	return all
}

func lower(list []string) []string {
	var all []string
	for _, s := range list {
		all = append(all, strings.ToLower(s))
	}
	return all
}

// close ends the connections that are kept.
func (s senders) close() {
	for _, relay := range s.relays {
		relay.Close()
	}
}
