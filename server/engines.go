package server

import (
	"time"

	"cardea/engine/access"
	"cardea/engine/authorization"
	"cardea/engine/backchannel"
	"cardea/engine/bearer"
	"cardea/engine/federated"
	"cardea/engine/hosted"
	"cardea/engine/identitytoken"
	"cardea/engine/message"
	"cardea/engine/migration"
	"cardea/engine/password"
	"cardea/engine/principaltoken"
	"cardea/engine/rates"
	"cardea/engine/temporary"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/outbound/upstream"
	"cardea/platform/page"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
)

// engines are what several features share, on what was opened.
type engines struct {
	opened
	apps            access.Apps
	authenticator   *bearer.Authenticator
	authorizations  *hosted.Server
	authorizer      *authorization.Authorizer
	codes           *verification.Codes
	identityTokens  *identitytoken.Minter
	limiter         *rates.Limiter
	keys            *token.KeyStock
	logins          *federated.Verifier
	logouts         *backchannel.Notifier
	migrator        *migration.Migrator
	outbox          *message.Outbox
	pages           *page.Codec
	passwords       *password.Hasher
	temporary       *temporary.Issuer
	principalTokens *principaltoken.Minter
	tokens          *token.Minter
	triggers        trigger.Triggers
	unresolved      *trigger.Unresolved
}

func newEngines(c *Config, o opened, master *seal.Master, metrics *telemetry.Metrics) *engines {
	e := &engines{
		opened:    o,
		apps:      access.Apps{DB: o.store, Ring: o.ring},
		limiter:   newLimiter(c, o.store, metrics),
		keys:      &token.KeyStock{DB: o.store, Ring: o.ring, Maker: c.Test.SigningKey},
		pages:     page.New(master),
		passwords: &password.Hasher{Default: c.PasswordStorage, SRP: o.arithmetic.srp},
		temporary: &temporary.Issuer{DB: o.store, Ring: o.ring},
		triggers:  trigger.Triggers{Functions: o.functions.Functions},
	}
	signer := meteredSigner(o.arithmetic.signer, metrics)
	e.tokens = &token.Minter{
		DB: e.store, Ring: e.ring, Triggers: e.triggers, Issuer: c.issuers().Issuer, Signer: signer,
	}
	e.authorizer = authorization.New(e.store, e.ring, c.account())
	e.identityTokens = &identitytoken.Minter{DB: e.store, Keys: e.keys, PublicURL: c.issuers().PublicURL, Signer: signer}
	e.principalTokens = &principaltoken.Minter{Keys: e.keys, PublicURL: c.issuers().PublicURL, Signer: signer}
	e.logins = &federated.Verifier{
		DB: e.store, Names: c.issuers(), Region: c.Region, Account: c.account(), Tokens: e.tokens, Identities: e.identityTokens,
		Social: c.socialLogins(), PlainHTTP: c.Dev || c.Outgoing.PlainHTTP,
		Upstream: &upstream.Client{
			HTTP: e.toProviders, Now: c.now(), KeysAge: 10 * time.Minute, KeysMax: 24 * time.Hour, Pause: time.Minute,
		},
	}
	e.logouts = &backchannel.Notifier{DB: e.store, Tokens: e.tokens, Client: e.toApps, Log: c.Log, Node: o.node}
	e.authenticator = &bearer.Authenticator{Tokens: e.tokens}
	e.authorizations = &hosted.Server{Apps: e.apps, DB: e.store, Tokens: e.tokens}
	e.outbox = &message.Outbox{
		DB: e.store, Ring: e.ring, Triggers: e.triggers, Keys: e.senders.keys, Senders: e.senders.list, Keep: c.Dev,
		Limits: messageLimits(*c), Pages: c.issuers().PagesURL, Now: time.Now, Log: c.Log, Observe: meteredMessages(metrics), GivenUp: messageGivenUp(metrics),
		Node: o.node,
	}
	e.codes = &verification.Codes{Outbox: e.outbox}
	e.migrator = &migration.Migrator{
		DB: e.store, Triggers: e.triggers, Passwords: e.passwords, Outbox: e.outbox, Now: time.Now, Log: c.Log,
	}
	e.unresolved = trigger.NewUnresolved(e.store, e.triggers, c.Log, c.adviceOnFunction)
	metrics.Gauge("trigger_unresolved", "Number of triggers of pools that name a function which this server cannot invoke.",
		func() float64 { return float64(e.unresolved.Count()) })
	return e
}
