package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cardea/engine/authorization"
	"cardea/engine/issuer"
	"cardea/engine/message"
	"cardea/engine/rates"
	"cardea/feature/federation"
	"cardea/feature/kms"
	"cardea/feature/oauth"
	"cardea/platform/db"
	"cardea/platform/jobs"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/platform/tracing"
	"cardea/spec/cognitoidentity"
	"cardea/spec/cognitoidp"
	iamapi "cardea/spec/iam"
	kmsapi "cardea/spec/kms"
	stsapi "cardea/spec/sts"
)

// Server is a built server. Make one with New, and Close it.
type Server struct {
	// Handler answers on the API's address, Admin on the operator's.
	Handler, Admin http.Handler
	// Guard and S3IAM answer clients of servers of S3 and DynamoDB, and versitygw; nil where they are not configured.
	Guard, S3IAM http.Handler
	// API is every feature of user pools, by the operations that it answers; the others are those of the other services.
	API        *cognitoidp.API
	Identities *cognitoidentity.API
	IAM        *iamapi.API
	STS        *stsapi.API
	KMS        *kmsapi.API
	// OAuth is the authorization server of the pools.
	OAuth *oauth.Service
	// Federation signs users in with accounts at identity providers.
	Federation *federation.Service
	// Metrics are those that Admin answers.
	Metrics []telemetry.Described
	// DB is the database.
	DB *db.DB
	// Outbox has the inbox of a development server.
	Outbox *message.Outbox

	opened
	audit      *auditLog
	authorizer *authorization.Authorizer
	limiter    *rates.Limiter
	config     Config
	pages      *http.ServeMux // what is served on every domain
	jobs       []jobs.Job
	runs       *jobRuns
	metrics    *telemetry.Metrics
	tracer     *tracing.Tracer
	health     *health
	listeners  []listener
	stopping   context.Context // ends when open answers are to end
	stop       context.CancelFunc
}

// New opens the database and builds the server on it. No socket is opened and nothing runs yet.
func New(ctx context.Context, c Config) (*Server, error) {
	c.Log = c.log()
	metrics := telemetry.New(c.Version)
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	recorded, err := newAuditLog(&c, metrics)
	if err != nil {
		return nil, err
	}
	if _, err := categoryRates(c.rates()); err != nil {
		return nil, err
	}
	tracer, err := newTracer(ctx, &c, metrics)
	if err != nil {
		return nil, errors.Join(err, recorded.close(&c))
	}
	o, err := open(ctx, c, master, metrics)
	if err != nil {
		closeTracer(tracer)
		return nil, errors.Join(err, recorded.close(&c))
	}

	e := newEngines(&c, o, master, metrics)
	f := newFeatures(&c, e, metrics)
	srv := &Server{
		opened:     o,
		audit:      recorded,
		DB:         e.store,
		Outbox:     e.outbox,
		API:        f.api,
		OAuth:      f.oauth,
		STS:        &stsapi.API{Sts: f.sts},
		Identities: &cognitoidentity.API{Identitypool: f.identities},
		IAM:        newIAM(&c, e),
		KMS:        &kmsapi.API{Kms: &kms.Service{Keys: e.senders.keys, Authorizer: enforcing(&c, e)}},
		authorizer: e.authorizer,
		limiter:    e.limiter,
		config:     c,
		jobs:       append(schedule(e, f), recorded.jobs()...),
		metrics:    metrics,
		tracer:     tracer,
		health:     newHealth(newNode(&c, o, master)),
	}
	srv.watch(metrics)
	srv.Federation = f.federation
	srv.runs = newJobRuns(e.store, srv.jobs)
	srv.jobs = append(srv.jobs, srv.runs.job())
	srv.measure()
	srv.Metrics = metrics.All
	srv.stopping, srv.stop = context.WithCancel(context.Background())
	srv.route(issuer.NewDocuments(e.store, c.issuers(), e.tokens.PublicKeys), f)
	if err := errors.Join(srv.limiter.Load(ctx), srv.newS3()); err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	return srv, nil
}

// watch publishes how the nodes are, and has what a dead one had claimed delivered.
func (s *Server) watch(metrics *telemetry.Metrics) {
	node := s.health.node
	node.Released = s.Outbox.Notify
	metrics.Gauge("nodes", "Number of nodes that run on the database, as this one sees it.", func() float64 { return float64(node.Live()) })
}

// enforcing is what decides by policies, or nil on a server where everybody may do everything.
func enforcing(c *Config, e *engines) *authorization.Authorizer {
	if c.Dev && !c.EnforceIAM {
		return nil
	}
	return e.authorizer
}

// Close closes the database, other files and the connections to relays, and ends functions that run here. Run must have
// returned.
func (s *Server) Close() error {
	closeTracer(s.tracer)
	s.senders.close()
	s.functions.close()
	s.arithmetic.close()
	if err := errors.Join(s.audit.close(&s.config), s.closeStore(), s.places.Close()); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
