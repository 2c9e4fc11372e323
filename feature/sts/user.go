package sts

import (
	"context"
	"errors"
	"time"

	"cardea/engine/temporary"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/spec/sts"
)

// How long sessions of users live.
const (
	userLife = 12 * time.Hour // where the request does not say
	rootLife = time.Hour      // of the root user, at most
)

// GetSessionToken answers temporary credentials of the caller themselves, a user with a long-term key.
func (s *Service) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenRequest) (*sts.GetSessionTokenResponse, error) {
	if in.SerialNumber != "" || in.TokenCode != "" {
		return nil, noDevice()
	}
	session, err := s.own(ctx, "GetSessionToken", in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	session.Kind = temporary.SessionToken
	credentials, _, err := s.Sessions.Issue(ctx, *session)
	if err != nil {
		return nil, err
	}
	return &sts.GetSessionTokenResponse{Credentials: answered(credentials)}, nil
}

// GetFederationToken answers temporary credentials for a user of the caller's own, who may do what the caller may and the policies that
// are passed allow, too.
func (s *Service) GetFederationToken(ctx context.Context, in *sts.GetFederationTokenRequest) (*sts.GetFederationTokenResponse, error) {
	session, err := s.own(ctx, "GetFederationToken", in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	narrowed := passed{policy: in.Policy, descriptors: in.PolicyArns}
	if err := s.check(ctx, &narrowed); err != nil {
		return nil, err
	}
	if session.Tags, _, err = (tags{}).with(in.Tags, nil); err != nil {
		return nil, err
	}
	resource := s.Account.STS("federated-user/" + in.Name)
	session.Kind, session.Name = temporary.FederatedToken, in.Name
	session.Policy, session.PolicyARNs = narrowed.policy, narrowed.policies
	credentials, percent, err := s.Sessions.Issue(ctx, *session)
	if err != nil {
		return nil, err
	}
	return &sts.GetFederationTokenResponse{
		Credentials:      answered(credentials),
		FederatedUser:    &sts.FederatedUser{FederatedUserId: s.Account.ID + ":" + in.Name, Arn: resource},
		PackedPolicySize: int64(percent),
	}, nil
}

// own begins a session of the caller's, who must have signed with a long-term key.
func (s *Service) own(ctx context.Context, operation string, seconds int64) (*temporary.Session, error) {
	by, err := signer(ctx)
	if err != nil {
		return nil, err
	}
	if by.Session != nil {
		return nil, denied("Cannot call " + operation + " with session credentials")
	}
	life := time.Duration(seconds) * time.Second
	if life == 0 {
		life = userLife
	}
	session := &temporary.Session{Account: s.Account.ID}
	if by.Entity != nil {
		session.PrincipalID = by.Entity.ID
	} else {
		life = min(life, rootLife)
	}
	session.Expires = s.DB.Now().Add(life)
	session.AccessKeyID, err = s.key(ctx)
	return session, err
}

// key is the caller's access key, on which their sessions depend; "" for a key that a development server has accepted without knowing it.
func (s *Service) key(ctx context.Context) (string, error) {
	name := caller.From(ctx).AccessKeyID
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := accesskey.Get(tx, name)
		return err
	})
	switch {
	case err == nil:
		return name, nil
	case !errors.Is(err, db.ErrNotFound):
		return "", err
	case s.AnyKey:
		return "", nil
	}
	return "", temporary.ErrForged
}
