package config

import (
	"errors"
	"fmt"
	"regexp"
)

// Broker is another token service whose credentials identity pools give in the place of this server's.
type Broker struct {
	// IdentityPool is the pool, and Role the ARN of the role that is chosen here; without one of them, all match.
	IdentityPool string `toml:"identity_pool,omitempty"`
	Role         string `toml:"role,omitempty"`

	// Endpoint is the service's address.
	Endpoint string `toml:"endpoint"`
	// ExternalRole is the ARN of the role that is asked for there; without it, the role that was chosen here. NoRole asks for none.
	ExternalRole string `toml:"external_role,omitempty"`
	NoRole       bool   `toml:"no_role,omitempty"`
	// ProviderID is sent as such.
	ProviderID string `toml:"provider_id,omitempty"`
	// Algorithm signs the tokens that the service is shown: RS512, or RS256 for services that do not read that.
	Algorithm string `toml:"algorithm,omitempty"`
	// Guests says that the service is asked for guests, too, and heeds the session policy that bounds them.
	Guests bool `toml:"guests,omitempty"`
}

var (
	identityPoolID = regexp.MustCompile(`^[\w-]+:[0-9a-f-]+$`)
	roleARN        = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12})?:role/[\w+=,.@/-]+$`)
)

func (c Config) checkBrokers() error {
	var wrong []error
	for i, b := range c.Brokers {
		if err := b.check(c.Outgoing); err != nil {
			wrong = append(wrong, Within(fmt.Sprintf("brokers[%d]", i), err))
		}
	}
	return errors.Join(wrong...)
}

func (b Broker) check(outgoing Outgoing) error {
	wrong := []error{checkCalled("endpoint", b.Endpoint, outgoing)}
	fail := func(text string) { wrong = append(wrong, errors.New(text)) }
	switch {
	case b.IdentityPool == "" && b.Role == "":
		fail("identity_pool or role must say for whom the service is asked")
	case b.IdentityPool != "" && !identityPoolID.MatchString(b.IdentityPool):
		fail("identity_pool: not the id of an identity pool")
	}
	for name, value := range map[string]string{"role": b.Role, "external_role": b.ExternalRole} {
		if value != "" && !roleARN.MatchString(value) {
			fail(name + ": not the ARN of a role")
		}
	}
	if b.NoRole && b.ExternalRole != "" {
		fail("external_role and no_role contradict each other")
	}
	if b.Algorithm != "" && b.Algorithm != "RS256" && b.Algorithm != "RS512" {
		fail("algorithm: want RS256 or RS512")
	}
	return errors.Join(wrong...)
}
