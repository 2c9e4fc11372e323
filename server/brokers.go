package server

import (
	"cardea/engine/broker"
	"cardea/outbound/externalsts"
	"cardea/spec/jose"
)

// newBrokers makes the brokers that are configured.
func newBrokers(c *Config, e *engines) *broker.Brokers {
	b := &broker.Brokers{Client: &externalsts.Client{HTTP: e.toTokenServices}, Now: c.now()}
	for _, s := range c.Brokers {
		b.List = append(b.List, broker.Broker{
			IdentityPool: s.IdentityPool, Role: s.Role, Endpoint: s.Endpoint, ExternalRole: s.ExternalRole, NoRole: s.NoRole,
			ProviderID: s.ProviderID, RS256: s.Algorithm == jose.RS256, Guests: s.Guests,
		})
	}
	return b
}
