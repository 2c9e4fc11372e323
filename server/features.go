package server

import (
	"cardea/engine/identitytoken"
	"cardea/engine/passkey"
	"cardea/feature/appclient"
	"cardea/feature/branding"
	"cardea/feature/devices"
	"cardea/feature/domains"
	"cardea/feature/federation"
	"cardea/feature/grant"
	"cardea/feature/groups"
	"cardea/feature/iam"
	"cardea/feature/identitypool"
	"cardea/feature/limits"
	"cardea/feature/mfa"
	"cardea/feature/oauth"
	"cardea/feature/passkeys"
	"cardea/feature/passwords"
	"cardea/feature/policies"
	"cardea/feature/profile"
	"cardea/feature/sessions"
	"cardea/feature/signin"
	"cardea/feature/signup"
	"cardea/feature/sts"
	"cardea/feature/useradmin"
	"cardea/feature/userpool"
	"cardea/outbound/upstream"
	"cardea/platform/telemetry"
	"cardea/spec/arn"
	"cardea/spec/cognitoidp"
	iamapi "cardea/spec/iam"
	"cardea/spec/id"
)

// features are what the protocols call. Those that the pages of domains call, too, are there by their own types.
type features struct {
	api            *cognitoidp.API
	oauth          *oauth.Service
	branding       *branding.Service
	federation     *federation.Service
	identityTokens *identitytoken.Minter
	identities     *identitypool.Service
	mfa            *mfa.Service
	passkeys       *passkeys.Service
	passwords      *passwords.Service
	sessions       *sessions.Service
	signin         *signin.Service
	signup         *signup.Service
	sts            *sts.Service
}

func newFeatures(c *Config, e *engines, metrics *telemetry.Metrics) *features {
	parties := passkey.Parties{Names: c.issuers()}
	f := &features{
		identityTokens: e.identityTokens,
		oauth:          &oauth.Service{Apps: e.apps, DB: e.store, Tokens: e.tokens, Hosted: e.authorizations},
		branding:       &branding.Service{DB: e.store, Pages: e.pages, Names: c.issuers()},
		federation: &federation.Service{
			DB: e.store, Ring: e.ring, Pages: e.pages, Upstream: &upstream.Client{HTTP: e.toProviders, Now: c.now()},
			Social: c.social(), HTTP: c.Dev || c.Outgoing.PlainHTTP, Traces: federation.NewTraces(e.store, c.now()),
			Now: c.now(), Log: c.log(), Maker: c.Test.SigningKey, Hosted: e.authorizations, Triggers: e.triggers,
		},
		mfa:      &mfa.Service{Apps: e.apps, DB: e.store, Authenticator: e.authenticator},
		passkeys: &passkeys.Service{Pages: e.pages, Authenticator: e.authenticator, Parties: parties},
		passwords: &passwords.Service{
			Apps: e.apps, DB: e.store, Ring: e.ring, Codes: e.codes, Passwords: e.passwords, Authenticator: e.authenticator,
			Triggers: e.triggers, Migrator: e.migrator,
		},
		sessions: &sessions.Service{
			Apps: e.apps, DB: e.store, Ring: e.ring, Pages: e.pages, Tokens: e.tokens, Authenticator: e.authenticator, Places: e.places,
		},
		signin: &signin.Service{
			Apps: e.apps, DB: e.store, Codes: e.codes, Passwords: e.passwords, Tokens: e.tokens, Authenticator: e.authenticator,
			Triggers: e.triggers, Migrator: e.migrator, Hosted: e.authorizations, Parties: parties,
		},
		signup: &signup.Service{Apps: e.apps, DB: e.store, Codes: e.codes, Passwords: e.passwords, Triggers: e.triggers},
		sts: &sts.Service{
			DB: e.store, Account: c.account(), Authorizer: e.authorizer, Sessions: e.temporary, AnyKey: c.Dev && !c.EnforceIAM,
			Logins: e.logins, Tokens: e.principalTokens, Strangers: c.strangers(),
		},
	}
	f.identities = &identitypool.Service{
		DB: e.store, Ring: e.ring, Pages: e.pages, Account: c.Account, Region: c.Region,
		Logins: e.logins, Authorizer: e.authorizer, Sessions: e.temporary, Tokens: e.identityTokens, ForeignRoles: c.Dev,
		Limits: identityLimits(c), Listing: identitypool.NewListing(c.now()), Brokers: newBrokers(c, e),
	}
	f.federation.Traces.Log, f.federation.Traces.Observe = c.Log, metrics.Federated
	f.api = &cognitoidp.API{
		Userpool: &userpool.Service{
			DB: e.store, Ring: e.ring, Pages: e.pages, Keys: e.keys, Account: c.Account, Region: c.Region, Messages: e.outbox,
			ForeignRoles: c.Dev, Triggers: e.triggers, Changed: e.unresolved.PoolsChanged, UnknownFunctions: c.Dev,
		},
		Appclient: &appclient.Service{DB: e.store, Ring: e.ring, Pages: e.pages},
		Useradmin: &useradmin.Service{
			DB: e.store, Ring: e.ring, Pages: e.pages, Codes: e.codes, Passwords: e.passwords, Tokens: e.tokens, Triggers: e.triggers,
		},
		Profile:   &profile.Service{DB: e.store, Codes: e.codes, Authenticator: e.authenticator},
		Groups:    &groups.Service{DB: e.store, Pages: e.pages, Account: c.Account},
		Signup:    f.signup,
		Signin:    f.signin,
		Sessions:  f.sessions,
		Mfa:       f.mfa,
		Passwords: f.passwords,
		Devices:   &devices.Service{DB: e.store, Pages: e.pages, Authenticator: e.authenticator, Account: c.Account},
		Branding:  f.branding,
		Domains: &domains.Service{
			DB: e.store, Sites: e.sites, Account: c.Account, Region: c.Region, Certificates: e.certificates,
		},
		Federation: f.federation,
		Passkeys:   f.passkeys,
		Grant:      &grant.Service{Apps: e.apps, Tokens: e.tokens},
		Limits:     &limits.Service{Rates: e.limiter},
	}
	return f
}

// newIAM makes what answers IAM.
func newIAM(c *Config, e *engines) *iamapi.API {
	account := arn.Account{Partition: id.Partition(c.Region), ID: c.Account}
	return &iamapi.API{
		Iam:      &iam.Service{DB: e.store, Ring: e.ring, Pages: e.pages, Account: account, PlainHTTP: c.Dev || c.Outgoing.PlainHTTP},
		Policies: &policies.Service{DB: e.store, Pages: e.pages, Account: account, Authorizer: e.authorizer},
	}
}
