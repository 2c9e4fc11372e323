package config

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"cardea/platform/web"
)

// calls are the addresses that the server itself calls, behind the guard.
func (c Config) calls() []given {
	all := []given{{"acme.directory", c.ACME.Directory}, {"sms.webhook_url", c.SMS.WebhookURL}, {"audit.webhook_url", c.Audit.WebhookURL}}
	for _, s := range c.Senders {
		all = append(all, given{"senders (" + s.Name + ").url", s.URL}, given{"senders (" + s.Name + ").endpoint", s.Endpoint})
	}
	functions := func(table string, f Function) {
		all = append(all, given{table + ".lambda", f.Lambda}, given{table + ".webhook", f.Webhook})
	}
	for i, f := range c.Functions {
		functions(fmt.Sprintf("functions[%d]", i), f)
	}
	if c.FunctionsDefault != nil {
		functions("functions_default", *c.FunctionsDefault)
	}
	for i, k := range c.KMSKeys {
		all = append(all, given{fmt.Sprintf("kms_keys[%d].kms", i), k.KMS})
	}
	for i, b := range c.Brokers {
		all = append(all, given{fmt.Sprintf("brokers[%d].endpoint", i), b.Endpoint})
	}
	for name, p := range map[string]SocialProvider{"google": c.Federation.Google, "facebook": c.Federation.Facebook, "amazon": c.Federation.Amazon, "apple": c.Federation.Apple} {
		all = append(all, given{"federation." + name + ".token_url", p.TokenURL},
			given{"federation." + name + ".attributes_url", p.AttributesURL}, given{"federation." + name + ".keys_url", p.KeysURL})
	}
	return all
}

// checkCalls refuses private addresses that are not in outgoing.allow. Names are not looked up: that is for [Config.Examine].
func (c Config) checkCalls() error { return c.checkCallsBy(context.Background(), nil) }

func (c Config) checkCallsBy(ctx context.Context, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) error {
	guard := web.Options{Allow: c.Outgoing.Allow, PlainHTTP: true} // what is wrong with the scheme is said where the setting is checked
	wrong := []error{Within("outgoing.allow", guard.CheckAllow())}
	for _, call := range c.calls() {
		address := strings.NewReplacer("{region}", "us-east-1", "{version}", "v1").Replace(call.value)
		if !strings.HasPrefix(address, "http") {
			continue // none, or none that can be called
		}
		err := guard.Check(ctx, address, lookup)
		if errors.Is(err, web.ErrBlocked) {
			err = fmt.Errorf("%w: put it into outgoing.allow if the server is to call it", err)
		}
		wrong = append(wrong, Within(call.setting, err))
	}
	return errors.Join(wrong...)
}
