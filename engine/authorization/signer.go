package authorization

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/cutoff"
	"cardea/record/principal"
)

// ErrUnknownKey says that an access key does not exist, is disabled or does not belong to its session token, or that whose it was
// is no more. A session that has ended is temporary.ErrExpired.
var ErrUnknownKey = errors.New("authorization: unknown access key")

// Signer is the access key that a request names. Whoever has its secret is its principal.
type Signer struct {
	Secret string
	// Principal is whose key it is. Ask once the signature is proven.
	Principal func(ctx context.Context) (*Principal, error)

	note func(ctx context.Context, u accesskey.Use) error // nil for a temporary key
}

// Use notes, once a minute at most, that the key has signed a request to a service, named as in signatures, in a Region. Call it once
// the signature is proven. A use that cannot be written is forgotten: no request is refused for it.
func (s *Signer) Use(ctx context.Context, service, region string) {
	if s.note != nil {
		_ = s.note(ctx, accesskey.Use{Service: service, Region: region}) // see above
	}
}

// Signer finds an access key, which comes with a session token if it is a temporary one. Errors are ErrUnknownKey. What this node does
// to a key holds at once, what others do within a second, as with policies.
func (a *Authorizer) Signer(ctx context.Context, accessKeyID, sessionToken string) (*Signer, error) {
	if sessionToken == "" {
		return a.longTerm(ctx, accessKeyID)
	}
	opened, err := a.Temporary.Open(ctx, accessKeyID, sessionToken)
	if errors.Is(err, temporary.ErrForged) {
		return nil, ErrUnknownKey
	}
	if err != nil {
		return nil, fmt.Errorf("open session token: %w", err)
	}
	whose := func(ctx context.Context) (*Principal, error) {
		session, err := opened.Session()
		if errors.Is(err, temporary.ErrForged) {
			return nil, ErrUnknownKey
		}
		if err != nil {
			return nil, err
		}
		if err := a.lasts(ctx, session); err != nil {
			return nil, err
		}
		return a.ofSession(ctx, session)
	}
	return &Signer{Secret: opened.Secret, Principal: whose}, nil
}

// lasts answers temporary.ErrExpired for a session that was ended with all that began before a moment. A session knows its beginning in whole
// seconds: one of the moment's own second has ended.
func (a *Authorizer) lasts(ctx context.Context, s *temporary.Session) error {
	since, err := a.cutoffs.Get(ctx, cutoff.Credentials, func(tx *db.Tx) (time.Time, error) { return cutoff.Get(tx, cutoff.Credentials) })
	if err != nil {
		return fmt.Errorf("since when temporary credentials are good: %w", err)
	}
	if s.Issued.Before(since) {
		return temporary.ErrExpired
	}
	return nil
}

// Root is the root user.
func (a *Authorizer) Root() *Principal {
	return &Principal{Account: a.Account.ID, ARN: a.Account.Root(), UserID: a.Account.ID}
}

// user is a user of IAM by their id, or the root user, with a session of theirs or none.
func (a *Authorizer) user(ctx context.Context, userID string, s *temporary.Session) (*Principal, error) {
	if userID == "" {
		root := a.Root()
		root.Session = s
		return root, nil
	}
	found, err := a.existing(ctx, userID, principal.User)
	if err != nil {
		return nil, err
	}
	return &Principal{Account: a.Account.ID, ARN: found.ARN(a.Account), UserID: found.ID, Entity: found, Session: s}, nil
}

// existing is a role or a user that is there, or ErrUnknownKey. One made anew under the same name has another id.
func (a *Authorizer) existing(ctx context.Context, principalID string, kind principal.Kind) (*principal.Principal, error) {
	found, err := a.entity(ctx, principalID)
	if err != nil {
		return nil, err
	}
	if found.Principal == nil || found.Kind != kind {
		return nil, ErrUnknownKey
	}
	return found.Principal, nil
}

// ofSession is whose session it is, if whose policies hold for it is still there.
func (a *Authorizer) ofSession(ctx context.Context, s *temporary.Session) (*Principal, error) {
	switch {
	case s.Account != a.Account.ID:
		return nil, ErrUnknownKey
	case s.Kind == temporary.AssumedRole:
		role, err := a.existing(ctx, s.PrincipalID, principal.Role)
		if err != nil {
			return nil, err
		}
		name := a.Account.STS("assumed-role/" + role.Name + "/" + s.Name)
		return &Principal{Account: s.Account, ARN: name, UserID: role.ID + ":" + s.Name, Entity: role, Session: s}, nil
	case s.Kind == temporary.FederatedToken:
		p, err := a.user(ctx, s.PrincipalID, s)
		if err != nil {
			return nil, err
		}
		p.ARN, p.UserID = a.Account.STS("federated-user/"+s.Name), s.Account+":"+s.Name
		return p, nil
	case s.Kind == temporary.SessionToken:
		if err := a.signsStill(ctx, s); err != nil {
			return nil, err
		}
		return a.user(ctx, s.PrincipalID, s)
	}
	return nil, ErrUnknownKey
}

// ErrSession says that an operation cannot be called with credentials of a session.
var ErrSession = errors.New("authorization: not with credentials of a session")

// Admit refuses operations that no session of a user may call, whatever policies say: those of IAM, and those of STS by which the
// session could be prolonged.
func (p *Principal) Admit(service, operation string) error {
	if p.Session == nil || p.Session.Kind == temporary.AssumedRole || service == "sts" && operation == "GetCallerIdentity" {
		return nil
	}
	user := p.Session.Kind == temporary.SessionToken
	switch {
	case service == "sts" && !(user && operation == "AssumeRole"), service == "iam" && !(user && p.Session.MFA):
		return ErrSession
	}
	return nil
}
