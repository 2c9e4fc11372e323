package hosted

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/pushedrequest"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// ErrPushed says that a request_uri names no request of the client: there is none, it has expired or was answered.
var ErrPushed = errors.New("there is no pushed authorization request of this name")

// PushedLife is how long a browser may come with a pushed request, and answerLife how long its user then has to sign in, as
// far as the request is concerned.
const (
	PushedLife = 90 * time.Second
	answerLife = 30 * time.Minute
)

// pushedPrefix begins the names of pushed requests (RFC 9126 §2.2).
const pushedPrefix = "urn:ietf:params:oauth:request_uri:"

// Push keeps a request that was judged, and answers the name by which its client's users come with it (RFC 9126).
func (r *Request) Push(tx *db.Tx) (uri string, err error) {
	uri = pushedPrefix + rand.Text() + rand.Text()
	return uri, pushedrequest.Insert(tx, &pushedrequest.Request{
		Pool: r.Pool.ID, Hash: id.Digest(uri), Client: r.Client.ID, Query: r.values.Encode(),
		Created: tx.Now, Expires: tx.Now.Add(PushedLife + answerLife),
	})
}

// BindTo binds the code of a request to the key that its client has proven to hold (RFC 9449 §10.1); nil: none. It answers
// dpop.ErrProof when the request names another.
func (r *Request) BindTo(proof *dpop.Proof) error {
	if proof == nil {
		return nil
	}
	if r.key != "" && r.key != proof.Key {
		return dpop.ErrProof
	}
	r.key, r.values = proof.Key, r.values.With("dpop_jkt", proof.Key)
	return nil
}

// Begin is Judge for a request that a browser comes with. A pushed one has to come in time.
func (s *Server) Begin(tx *db.Tx, pool id.Pool, v oauth2.Values) (*Request, error) {
	r, err := s.Judge(tx, pool, v)
	if err != nil {
		return nil, err
	}
	if r.Device != nil {
		return nil, ErrDevice // it is for pages only
	}
	if r.pushed != nil && tx.Now.Sub(r.pushed.Created) >= PushedLife {
		return nil, ErrPushed
	}
	return r, nil
}

// resolve finds the parameters of a request: those that the client has pushed, if the request names them, or else its own.
// Beside a pushed request all others are ignored (RFC 9126 §4, RFC 9101 §5), but that its user may ask for a new sign-in.
func (r *Request) resolve(tx *db.Tx) error {
	r.values = r.given
	if !r.given.Has("request_uri") || !r.Pool.Follows(pool.PushedRequests) {
		return nil
	}
	found, err := pushedrequest.Get(tx, r.Pool.ID, id.Digest(r.given.Get("request_uri")))
	if errors.Is(err, db.ErrNotFound) {
		return ErrPushed
	}
	if err != nil {
		return fmt.Errorf("get pushed request: %w", err)
	}
	if found.Client != r.Client.ID || !tx.Now.Before(found.Expires) || r.given.Repeated("request_uri") {
		return ErrPushed
	}
	r.pushed = found
	if r.values, err = oauth2.Parse(found.Query); err != nil {
		return fmt.Errorf("parse pushed request: %w", err)
	}
	if r.given.Get("prompt") == oauth2.PromptLogin {
		r.values = r.values.With("prompt", oauth2.PromptLogin)
	}
	return nil
}

// use makes sure that a pushed request is answered once.
func (r *Request) use(tx *db.Tx) error {
	if r.pushed == nil {
		return nil
	}
	err := pushedrequest.Use(tx, r.pushed)
	if errors.Is(err, db.ErrStale) {
		return ErrPushed
	}
	return err
}

// Given are the parameters of a request as they came.
func (r *Request) Given() oauth2.Values { return r.given }

// Values are the parameters that a request stands for.
func (r *Request) Values() oauth2.Values { return r.values }
