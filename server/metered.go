package server

import (
	"crypto"
	"crypto/rsa"
	"time"

	"cardea/engine/message"
	"cardea/feature/identitypool"
	"cardea/outbound/delivery"
	"cardea/platform/config"
	"cardea/platform/telemetry"
	"cardea/spec/jose"
)

// meteredSigner counts the signatures that signers make.
func meteredSigner(signers func(*rsa.PrivateKey) jose.Signer, m *telemetry.Metrics) func(*rsa.PrivateKey) jose.Signer {
	return func(key *rsa.PrivateKey) jose.Signer { return signer{signers(key), m} }
}

// algorithms are the names of what signers do.
var algorithms = map[crypto.Hash]string{crypto.SHA256: jose.RS256, crypto.SHA512: jose.RS512}

type signer struct {
	jose.Signer
	metrics *telemetry.Metrics
}

// Sign implements jose.Signer.
func (s signer) Sign(hash crypto.Hash, digest []byte) ([]byte, error) {
	began := time.Now()
	signature, err := s.Signer.Sign(hash, digest)
	s.metrics.Signature(algorithms[hash], time.Since(began))
	return signature, err
}

// messageLimits are the bounds of messages that the configuration gives.
func messageLimits(c Config) message.Limits {
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

		Countries: given.SMSCountries,
	}
}

// meteredMessages counts the messages given to senders.
func meteredMessages(m *telemetry.Metrics) func(string) func(delivery.Class) {
	return func(transport string) func(delivery.Class) {
		began := time.Now()
		return func(class delivery.Class) { m.Message(transport, string(class), time.Since(began)) }
	}
}

// identityLimits are the bounds of operations of identity pools that need no signature, on each node. As those of messages, a
// development server has none unless they are given.
func identityLimits(c *Config) identitypool.Limits {
	if c.Limits == nil && c.Rates == nil && c.Dev {
		return identitypool.Limits{}
	}
	r := c.rates()
	return identitypool.Limits{
		Guests: c.bound(r.Guests), Logins: c.bound(r.Logins), Unlinking: c.bound(r.Unlinking), Credentials: c.bound(r.Credentials),
		Tokens: c.bound(r.Tokens), Pool: c.bound(r.IdentityPool),
	}
}
