package rates

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cardea/engine/challenge"
	"cardea/engine/throttle"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// Categories of what is no operation, and with a rule of their own.
const (
	Authentication = "UserAuthentication"
	Clients        = "ClientAuthentication"
	Creation       = "UserCreation"
	Federation     = "UserFederation"
	Recovery       = "UserAccountRecovery"
	Update         = "UserUpdate"
	Messages       = "UserResourceRead" // of codes that are sent again
	Resources      = "UserResourceUpdate"
)

// perSignIn is how many answers to challenges a sign-in has before they count as sign-ins.
const perSignIn = 3

// Limiter admits requests. Make one with New.
type Limiter struct {
	// Source bounds unsigned requests by the network that they come from; nil: they are not bounded.
	Source *throttle.Throttle

	db         *db.DB
	configured map[string]Rate // by category
	now        func() time.Time
	observe    func(category string)
	pools      db.Cache[id.Pool] // by the id of a pool or a client
	bounds     atomic.Pointer[bounds]
	loading    sync.Mutex
}

// New makes a Limiter of the categories that the configuration bounds. Limits that were set by the API are in force once it has loaded
// them. observe, unless nil, is told of each refusal: the category, or "source".
func New(store *db.DB, configured map[string]Rate, now func() time.Time, observe func(category string)) *Limiter {
	l := &Limiter{
		db: store, configured: configured, now: now, observe: observe,
		pools: db.Cache[id.Pool]{DB: store, Table: pool.Table, Age: time.Minute, Max: 50_000},
	}
	l.put(nil)
	return l
}

// Counts tells whether requests of any category are bounded, so that what they are for need not be found out where none are. l may be nil.
func (l *Limiter) Counts() bool { return l != nil && len(l.inForce()) > 0 }

// Subject is what a request is for, as it says. All but a pool of a signed request may be anything.
type Subject struct {
	Pool, Client, Token string
	Session             string // of a sign-in; looked at where none of the former is given
	Challenge           string // that is answered; empty: none
	Signed              bool   // by whoever may ask it of the pool
}

// client is the app client that the subject names; empty where it names none, or its pool.
func (s Subject) client() string {
	switch {
	case s.Pool != "" || s.Client == "" && s.Token != "":
		return ""
	case s.Client != "":
		return s.Client
	}
	return string(challenge.ClientOf(s.Session))
}

// FromSource counts an unsigned request by the network of the caller that ctx carries, or answers throttle.ErrTooFast. l may be nil.
func (l *Limiter) FromSource(ctx context.Context) error {
	if l == nil || l.Source == nil || l.Source.Admit(ctx) == nil {
		return nil
	}
	l.refused("source")
	return throttle.ErrTooFast
}

// Admit counts a request of a category for the pool that it is for, or answers throttle.ErrTooFast. Requests for pools that there are not
// count together, as do those for none. Signed requests count apart, so that strangers use up nothing of theirs. l may be nil.
func (l *Limiter) Admit(ctx context.Context, category string, s Subject) error {
	if l == nil {
		return nil
	}
	if s.Challenge == "NEW_PASSWORD_REQUIRED" {
		category = Recovery
	}
	limit := l.inForce()[category]
	if limit == nil {
		return nil
	}
	key, err := l.poolOf(ctx, s)
	if err != nil {
		return err
	}
	if s.Signed {
		key += signed
	}
	if limit.answers != nil && s.Challenge != "" && limit.answers.AdmitFor(key) == nil {
		return nil
	}
	if err := limit.requests.AdmitFor(key); err != nil {
		l.refused(category)
		return err
	}
	return nil
}

func (l *Limiter) refused(category string) {
	if l.observe != nil {
		l.observe(category)
	}
}

// none is the key of requests that are for no pool, and signed the end of the keys of signed requests.
const (
	none   = "-"
	signed = " signed"
)

// poolOf is the pool that a request is for, if there is such a one. What a token says is not verified here: whoever forges tokens of a
// pool uses up what is the pool's, as whoever asks without any does.
func (l *Limiter) poolOf(ctx context.Context, s Subject) (string, error) {
	named, find := s.Pool, func(tx *db.Tx) (id.Pool, error) {
		p, err := pool.Get(tx, id.Pool(s.Pool))
		if err != nil {
			return "", err
		}
		return p.ID, nil
	}
	switch of := s.client(); {
	case s.Pool != "":
	case of != "":
		named, find = of, func(tx *db.Tx) (id.Pool, error) {
			c, _, err := client.Find(tx, id.Client(of))
			if err != nil {
				return "", err
			}
			return c.Pool, nil
		}
	default:
		s.Pool = issuedBy(s.Token)
		named = s.Pool
	}
	if id.Loggable(named) == "" {
		return none, nil
	}
	found, err := l.pools.Get(ctx, named, find)
	if errors.Is(err, db.ErrNotFound) {
		return none, nil
	}
	return string(found), err
}

// issuedBy is the pool that an access token says it is of, or "".
func issuedBy(token string) string {
	if token == "" {
		return ""
	}
	t, err := jose.Parse(token)
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(t.Payload, &claims) != nil {
		return ""
	}
	return claims.Issuer[strings.LastIndexByte(claims.Issuer, '/')+1:]
}
