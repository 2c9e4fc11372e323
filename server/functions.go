package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/awscred"
	"cardea/platform/config"
	"cardea/platform/telemetry"
	"cardea/platform/web"
)

// functions are what stands behind the ARNs of Lambda triggers.
func functions(c Config, metrics *telemetry.Metrics) (*trigger.Functions, error) {
	client, err := web.New(web.Options{
		Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP,
		Timeout: trigger.MaxTimeout + time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("outgoing.allow: %w", err)
	}
	b := functionBuilder{config: c, client: client, found: foundKeys(c.now())}
	given := slices.Clone(c.Functions)
	if c.FunctionsDefault != nil {
		given = append(given, *c.FunctionsDefault)
	}
	entries := make([]trigger.Entry, len(given))
	for i, f := range given {
		if entries[i], err = b.entry(f); err != nil {
			return nil, fmt.Errorf("function %s: %w", cmp.Or(f.Key(), "default"), err)
		}
	}

	all, err := trigger.New(entries...)
	if err != nil {
		return nil, err
	}
	all.Now, all.Log = c.now(), c.log()
	all.Observe = func(o trigger.Observation) {
		metrics.Trigger(telemetry.Trigger{Name: o.Trigger, Transport: o.Transport, Outcome: o.Outcome, Tries: o.Tries, Took: o.Took})
	}
	return all, nil
}

// functionBuilder makes entries of settings.
type functionBuilder struct {
	config Config
	client *http.Client
	found  awscred.Source // keys for Lambda that are found on the machine, shared by all entries
}

// errNoLocal says that a local function was configured on a server that cannot run any.
var errNoLocal = errors.New("local functions are not built yet")

func (b *functionBuilder) entry(f config.Function) (trigger.Entry, error) {
	entry := trigger.Entry{Key: f.Key(), Timeout: time.Duration(f.Timeout), NoBreaker: f.NoBreaker}
	switch {
	case f.Lambda != "":
		entry.Transport, entry.Function = "lambda", b.lambda(f)
	case f.Webhook != "":
		entry.Transport, entry.Function = "webhook", b.webhook(f)
	default:
		return entry, errNoLocal
	}
	return entry, nil
}

func (b *functionBuilder) lambda(f config.Function) *trigger.Lambda {
	keys := b.found
	switch {
	case f.AccessKeyID != "":
		keys = awscred.Static(awscred.Keys{ID: f.AccessKeyID, Secret: f.SecretAccessKey.Reveal(), Token: f.SessionToken.Reveal()})
	case f.Profile != "":
		keys = awscred.Profile(os.LookupEnv, f.Profile)
	}
	return &trigger.Lambda{
		Endpoint: f.Lambda, Name: f.LambdaName, Keys: keys, Client: b.client, Now: b.config.now(),
		LogTail: b.config.log().Enabled(context.Background(), slog.LevelDebug),
	}
}

func (b *functionBuilder) webhook(f config.Function) *trigger.Webhook {
	secrets := [][]byte{[]byte(f.WebhookSecret.Reveal())}
	if f.WebhookFormerSecret != "" {
		secrets = append(secrets, []byte(f.WebhookFormerSecret.Reveal()))
	}
	return &trigger.Webhook{URL: f.Webhook, Secrets: secrets, Client: b.client, Now: b.config.now()}
}

// foundKeys are the AWS credentials that the machine has, in the order in which AWS's SDKs look for them.
func foundKeys(now func() time.Time) awscred.Source {
	near := awscred.NewClient()
	return awscred.Cached(awscred.Chain(
		awscred.Environment(os.LookupEnv), awscred.Profile(os.LookupEnv, ""),
		awscred.Container(os.LookupEnv, near), awscred.Machine(os.LookupEnv, near),
	), now)
}
