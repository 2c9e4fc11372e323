package identitypool

import (
	"context"
	"errors"
	"strings"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/broker"
	"cardea/engine/federated"
	"cardea/engine/temporary"
	"cardea/engine/throttle"
	"cardea/platform/db"
	"cardea/record/identity"
	"cardea/record/identitypool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
)

const (
	// sessionName is the name of every session that identity pools make.
	sessionName = "CognitoIdentityCredentials"

	// sessionLife is how long they live, whatever the role says.
	sessionLife = time.Hour
)

// presented is who somebody is by what a request has shown.
type presented struct {
	pool   *identitypool.Pool
	who    id.Identity
	logins []*federated.Token // none: a guest
}

// present reads what somebody shows who names an identity, and changes nothing: settle links, once nothing else speaks against the
// request. Without logins only guests are named.
func (s *Service) present(ctx context.Context, name string, logins map[string]string, bound *throttle.Throttle) (*presented, error) {
	if err := bound.Admit(ctx); err != nil {
		return nil, err
	}
	p := &presented{who: id.Identity(name)}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if len(logins) == 0 {
			p.pool, err = s.guest(tx, name)
			return err
		}
		f, err := s.located(tx, name)
		if err == nil {
			p.pool = f.pool
		}
		return err
	})
	if err == nil {
		err = s.Limits.Pool.AdmitFor(string(p.pool.ID))
	}
	if err != nil || len(logins) == 0 {
		return p, err
	}
	if p.logins, err = s.verify(ctx, p.pool, logins, bound); err != nil {
		return nil, err
	}
	return p, nil
}

// settle finds out which identity it is, and links with it what logins it does not have yet. Who has shown a token of the pool, or
// nothing, is who they say.
func (s *Service) settle(ctx context.Context, p *presented) (err error) {
	if len(p.logins) == 0 || p.logins[0].Own != nil {
		return nil
	}
	p.who, err = s.link(ctx, proof{pool: p.pool.ID, named: p.who, tokens: p.logins})
	return err
}

// presentOwn is present for a user of the pool's developer, who has a token of the pool. It is good for the identity that it names, and
// for no guest, as other tokens of pools are not.
func (s *Service) presentOwn(ctx context.Context, name string, logins map[string]string, bound *throttle.Throttle) (*presented, error) {
	if err := bound.Admit(ctx); err != nil {
		return nil, err
	}
	if len(logins) > 1 {
		return nil, cognitoidentity.InvalidParameter("A token of the identity pool cannot be given together with other logins.")
	}
	var f *found
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		f, err = s.located(tx, name)
		return err
	})
	if err == nil {
		err = s.Limits.Pool.AdmitFor(string(f.Pool))
	}
	if err != nil {
		return nil, err
	}
	t, err := s.Logins.Verify(ctx, federated.Login{Provider: federated.Own, Token: logins[federated.Own], Pool: &f.pool.Doc, Own: true})
	if err != nil {
		bound.Charge(ctx, wrongLogin)
		return nil, err
	}
	user, ok := developerUserOf(t, f.pool)
	switch {
	case !ok:
		return nil, federated.ErrOwnToken
	case t.Subject != name || f.Guest || f.Disabled:
		return nil, forbidden(id.Identity(name))
	}
	if err := s.stillLinked(ctx, f, user); err != nil {
		return nil, err
	}
	return &presented{pool: f.pool, who: f.ID, logins: []*federated.Token{t}}, nil
}

// developerUserOf is the developer user whom a token of the pool was made for.
func developerUserOf(t *federated.Token, pool *identitypool.Pool) (user string, ok bool) {
	developer := pool.Doc.DeveloperProviderName
	if len(t.Own.Methods) != 3 || t.Own.Methods[1] != developer || developer == "" {
		return "", false
	}
	return strings.CutPrefix(t.Own.Methods[2], developerDetail(pool, ""))
}

// developerDetail is the third entry of the amr of a developer user.
func developerDetail(pool *identitypool.Pool, user string) string {
	return pool.Doc.DeveloperProviderName + ":" + string(pool.ID) + ":" + user
}

// stillLinked makes sure that an identity is a developer user's: the user may have been taken away from it since a token was made, which
// is good for a day at most.
func (s *Service) stillLinked(ctx context.Context, f *found, user string) error {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		l, err := identity.Find(tx, f.Pool, f.pool.Doc.DeveloperProviderName, user)
		if err == nil && l.Identity != f.ID {
			err = db.ErrNotFound
		}
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return forbidden(f.ID)
	}
	return err
}

// GetCredentialsForIdentity answers credentials of the role that an identity's logins lead to, or that guests have. It signs no token
// and stores nothing, unless a login is new.
func (s *Service) GetCredentialsForIdentity(ctx context.Context, in *cognitoidentity.GetCredentialsForIdentityInput) (*cognitoidentity.GetCredentialsForIdentityResponse, error) {
	present := s.present
	if _, own := in.Logins[federated.Own]; own {
		present = s.presentOwn
	}
	p, err := present(ctx, in.IdentityId, in.Logins, s.Limits.Credentials)
	if err != nil {
		return nil, err
	}
	role, tags, err := s.chosen(ctx, p, in.CustomRoleArn)
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx, p); err != nil {
		return nil, err
	}
	made, err := s.credentials(ctx, p, role, tags, in.Logins)
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.GetCredentialsForIdentityResponse{IdentityId: string(p.who), Credentials: made}, nil
}

// chosen is the role that somebody has, and the tags of their sessions.
func (s *Service) chosen(ctx context.Context, p *presented, custom string) (role string, tags map[string]string, err error) {
	r := roles{p.pool.Roles, s.Logins.Canonical}
	if len(p.logins) == 0 {
		role, err = r.guest(custom)
		return role, nil, err
	}
	role, by, err := r.authenticated(p.logins, custom)
	if err != nil {
		return "", nil, err
	}
	tags, err = s.tags(ctx, p, by)
	return role, tags, err
}

// credentials gets those of a role: of another token service, if the operator has configured one, or this server's own.
func (s *Service) credentials(ctx context.Context, p *presented, role string, tags, logins map[string]string) (*cognitoidentity.Credentials, error) {
	if from := s.Brokers.For(string(p.pool.ID), role); from != nil {
		return s.brokered(ctx, from, p, broker.Ask{Role: role, Logins: logins}, tags)
	}
	session, err := s.session(ctx, p, role, tags)
	if err != nil {
		return nil, err
	}
	made, _, err := s.Sessions.Issue(ctx, *session)
	if _, large := errors.AsType[*temporary.TooLargeError](err); large {
		return nil, cognitoidentity.InvalidParameter("The principal tags are too large.")
	}
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.Credentials{
		AccessKeyId: made.AccessKeyID, SecretKey: made.Secret, SessionToken: made.Token, Expiration: awsjson.At(made.Expires),
	}, nil
}

// session makes sure that the role may be assumed by somebody.
func (s *Service) session(ctx context.Context, p *presented, role string, tags map[string]string) (*temporary.Session, error) {
	keys := p.keys()
	assumed, err := s.Authorizer.Assume(ctx, authorization.Assumption{
		RoleARN: role, Action: authorization.AssumeRoleWithWebIdentity, Federated: federated.Own,
		Keys: keys, SessionName: sessionName, Tags: tags,
	})
	if _, denied := errors.AsType[*authorization.DeniedError](err); denied {
		return nil, errRoles
	}
	if err != nil {
		return nil, err
	}
	return &temporary.Session{
		Kind: temporary.AssumedRole, Account: s.Account, PrincipalID: assumed.ID, Name: sessionName, Expires: s.DB.Now().Add(sessionLife),
		Keys: keys, Tags: tags, Guest: len(p.logins) == 0,
	}, nil
}

// tags are those of a session that a login leads to: what the developer said, or what the claims say.
func (s *Service) tags(ctx context.Context, p *presented, by *federated.Token) (tags map[string]string, err error) {
	if by.Own != nil {
		return by.Own.Tags, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		tags, err = sessionTags(tx, p.pool.ID, by)
		return err
	})
	return tags, err
}

// methods is the amr of somebody: how they have shown who they are.
func (p *presented) methods() []string {
	if len(p.logins) == 0 {
		return []string{"unauthenticated"}
	}
	list := []string{"authenticated"}
	for _, t := range p.logins {
		if t.Own != nil {
			return t.Own.Methods
		}
		list = append(list, t.Methods()[1:]...)
	}
	return list
}

// keys are the condition keys of somebody's sessions.
func (p *presented) keys() iampolicy.Keys {
	return iampolicy.Keys{
		"aws:federatedprovider": {federated.Own},
		federated.Own + ":aud":  {string(p.pool.ID)},
		federated.Own + ":sub":  {string(p.who)},
		federated.Own + ":amr":  p.methods(),
	}
}
