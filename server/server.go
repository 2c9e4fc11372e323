package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cardea/engine/access"
	"cardea/engine/bearer"
	"cardea/engine/certificate"
	"cardea/engine/hosted"
	"cardea/engine/issuer"
	"cardea/engine/message"
	"cardea/engine/migration"
	"cardea/engine/password"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/feature/appclient"
	"cardea/feature/branding"
	"cardea/feature/devices"
	"cardea/feature/domains"
	"cardea/feature/grant"
	"cardea/feature/groups"
	"cardea/feature/kms"
	"cardea/feature/mfa"
	"cardea/feature/oauth"
	"cardea/feature/passkeys"
	"cardea/feature/passwords"
	"cardea/feature/profile"
	"cardea/feature/sessions"
	"cardea/feature/signin"
	"cardea/feature/signup"
	"cardea/feature/sts"
	"cardea/feature/useradmin"
	"cardea/feature/userpool"
	"cardea/inbound/login"
	"cardea/platform/db"
	"cardea/platform/geo"
	"cardea/platform/jobs"
	"cardea/platform/page"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/spec/cognitoidp"
	kmsapi "cardea/spec/kms"
	stsapi "cardea/spec/sts"
)

// Server is a built server. Make one with New, and Close it.
type Server struct {
	// Handler answers on the API's address, Admin on the operator's.
	Handler, Admin http.Handler
	// API is every feature of user pools, by the operations that it answers; STS and KMS are those of the other services.
	API *cognitoidp.API
	STS *stsapi.API
	KMS *kmsapi.API
	// OAuth is the authorization server of the pools.
	OAuth *oauth.Service
	// DB is the database.
	DB *db.DB
	// Outbox has the inbox of a development server.
	Outbox *message.Outbox

	config    Config
	pages     *http.ServeMux // what is served on every domain
	looks     *branding.Service
	places    *geo.Database
	jobs      []jobs.Job
	metrics   *telemetry.Metrics
	health    *health
	senders   senders
	functions functions

	certificates *certificate.Chooser // nil: plain HTTP
	listeners    []listener
	stopping     context.Context // ends when open answers are to end
	stop         context.CancelFunc
}

// New opens the database and builds the server on it. No socket is opened and nothing runs yet.
func New(ctx context.Context, c Config) (*Server, error) {
	c.Log = c.log()
	metrics := telemetry.New(c.Version)
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	opened, err := open(ctx, c, master, metrics)
	if err != nil {
		return nil, err
	}
	store, ring, places, invoked, senders := opened.store, opened.ring, opened.places, opened.functions, opened.senders
	sites, chooser := opened.sites, opened.certificates
	pages := page.New(master)
	keys := &token.KeyStock{DB: store, Ring: ring, Maker: c.Test.SigningKey}
	triggers := trigger.Triggers{Functions: invoked.Functions}
	minter := &token.Minter{DB: store, Ring: ring, Triggers: triggers, Issuer: c.issuers().Issuer, Signer: meteredSigner(metrics)}
	apps := access.Apps{DB: store, Ring: ring}
	authenticator := &bearer.Authenticator{Tokens: minter}
	hasher := &password.Hasher{Default: c.PasswordStorage}
	outbox := &message.Outbox{DB: store, Ring: ring, Limits: limits(c), Triggers: triggers, Keys: senders.keys, Now: time.Now, Pages: c.issuers().PagesURL, Keep: c.Dev, Senders: senders.list, Log: c.Log, Observe: meteredMessages(metrics)}
	codes := &verification.Codes{Outbox: outbox}
	migrator := &migration.Migrator{DB: store, Triggers: triggers, Passwords: hasher, Outbox: outbox, Now: time.Now, Log: c.Log}
	unresolved := trigger.NewUnresolved(store, triggers, c.Log, c.adviceOnFunction)
	metrics.Gauge("trigger_unresolved", "Number of triggers of pools that name a function which this server cannot invoke.",
		func() float64 { return float64(unresolved.Count()) })
	signups := &signup.Service{Apps: apps, DB: store, Codes: codes, Passwords: hasher, Triggers: triggers}
	looks := &branding.Service{DB: store, Pages: pages, Names: c.issuers()}

	authorizations := &hosted.Server{Apps: apps, DB: store, Tokens: minter}
	signins := &signin.Service{Apps: apps, DB: store, Codes: codes, Passwords: hasher, Tokens: minter, Authenticator: authenticator, Triggers: triggers, Migrator: migrator, Hosted: authorizations}
	recoveries := &passwords.Service{Apps: apps, DB: store, Ring: ring, Codes: codes, Passwords: hasher, Authenticator: authenticator, Triggers: triggers, Migrator: migrator}
	factors := &mfa.Service{Apps: apps, DB: store, Authenticator: authenticator}
	srv := &Server{
		DB:     store,
		Outbox: outbox,
		API: &cognitoidp.API{
			Userpool:  &userpool.Service{DB: store, Ring: ring, Pages: pages, Keys: keys, Account: c.Account, Region: c.Region, Messages: outbox, ForeignRoles: c.Dev, Triggers: triggers, Changed: unresolved.PoolsChanged, UnknownFunctions: c.Dev},
			Appclient: &appclient.Service{DB: store, Ring: ring, Pages: pages},
			Useradmin: &useradmin.Service{DB: store, Ring: ring, Pages: pages, Codes: codes, Passwords: hasher, Tokens: minter, Triggers: triggers},
			Profile:   &profile.Service{DB: store, Codes: codes, Authenticator: authenticator},
			Groups:    &groups.Service{DB: store, Pages: pages, Account: c.Account},
			Signup:    signups,
			Signin:    signins,
			Sessions:  &sessions.Service{Apps: apps, DB: store, Ring: ring, Pages: pages, Tokens: minter, Authenticator: authenticator, Places: places},
			Mfa:       factors,
			Passwords: recoveries,
			Devices:   &devices.Service{DB: store, Pages: pages, Authenticator: authenticator, Account: c.Account},
			Branding:  looks,
			Domains:   &domains.Service{DB: store, Sites: sites, Account: c.Account, Region: c.Region, Certificates: chooser},
			Passkeys:  &passkeys.Service{Pages: pages, Authenticator: authenticator},
			Grant:     &grant.Service{Apps: apps, Tokens: minter},
		},
		OAuth:   &oauth.Service{Apps: apps, DB: store, Tokens: minter, Hosted: authorizations},
		looks:   looks,
		STS:     &stsapi.API{Sts: sts.Service{}},
		KMS:     &kmsapi.API{Kms: &kms.Service{Keys: senders.keys}},
		config:  c,
		places:  places,
		jobs:    schedule(keys, outbox, unresolved),
		metrics: metrics,
		health:  &health{db: store},
		senders: senders,

		functions: invoked,

		certificates: chooser,
	}
	srv.stopping, srv.stop = context.WithCancel(context.Background())
	srv.route(&issuer.Documents{DB: store, Names: c.issuers(), Keys: minter.PublicKeys}, ring, sites, &login.Handler{Hosted: authorizations, Signin: signins, Signup: signups, MFA: factors, Passwords: recoveries, Branding: looks})
	return srv, nil
}

// Close closes the database, other files and the connections to relays, and ends functions that run here. Run must have
// returned.
func (s *Server) Close() error {
	s.senders.close()
	s.functions.close()
	if err := errors.Join(s.DB.Close(), s.places.Close()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
