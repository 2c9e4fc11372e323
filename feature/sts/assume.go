package sts

import (
	"context"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/record/principal"
	"cardea/spec/iampolicy"
	"cardea/spec/sts"
)

// defaultLife is how long sessions of roles live, and the longest of those that other sessions of roles have assumed.
const defaultLife = time.Hour

// assumption is a request for credentials of a role.
type assumption struct {
	authorization.Assumption
	passed
	lasting iampolicy.Keys // the keys that the session keeps
	chained bool           // the caller's session is a role's
	seconds int64          // how long the session is to live; 0: not said
	until   time.Time      // when it ends at the latest; zero: not said
}

// assumed is what all operations answer of a session of a role.
type assumed struct {
	credentials *sts.Credentials
	user        *sts.AssumedRoleUser
	percent     int64
}

// assume makes sure that the role may be assumed, and issues credentials of it.
func (s *Service) assume(ctx context.Context, a assumption) (*assumed, error) {
	role, err := s.Authorizer.Assume(ctx, a.Assumption)
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx, &a.passed); err != nil { // only who may have the role learns which policies there are
		return nil, err
	}
	expires, err := a.expires(role, s.DB.Now())
	if err != nil {
		return nil, err
	}
	credentials, percent, err := s.Sessions.Issue(ctx, temporary.Session{
		Kind: temporary.AssumedRole, Account: s.Account.ID, PrincipalID: role.ID, Name: a.SessionName, Expires: expires,
		Keys: a.lasting, Tags: a.Tags, Transitive: a.Transitive, Policy: a.policy, PolicyARNs: a.policies, Chained: a.chained,
		SourceIdentity: a.SourceIdentity,
	})
	if err != nil {
		return nil, err
	}
	return &assumed{
		credentials: answered(credentials),
		user:        &sts.AssumedRoleUser{AssumedRoleId: role.ID + ":" + a.SessionName, Arn: s.Account.STS("assumed-role/" + role.Name + "/" + a.SessionName)},
		percent:     int64(percent),
	}, nil
}

// expires is when a session of a role ends.
func (a *assumption) expires(role *principal.Principal, now time.Time) (time.Time, error) {
	life, longest := time.Duration(a.seconds)*time.Second, time.Duration(role.Doc.MaxSession)*time.Second
	if longest == 0 {
		longest = defaultLife
	}
	if a.chained && life > defaultLife {
		return time.Time{}, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if life > longest {
		return time.Time{}, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if life == 0 {
		life = min(defaultLife, longest)
	}
	end := now.Add(life)
	if !a.until.IsZero() && a.until.Before(end) {
		end = a.until
	}
	return end, nil
}

// AssumeRole answers credentials of a role that the caller may assume.
func (s *Service) AssumeRole(ctx context.Context, in *sts.AssumeRoleRequest) (*sts.AssumeRoleResponse, error) {
	if in.SerialNumber != "" || in.TokenCode != "" {
		return nil, noDevice()
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, invalid("ProvidedContexts are not supported.")
	}
	by, err := signer(ctx)
	if err != nil {
		return nil, err
	}
	a := assumption{
		Assumption: authorization.Assumption{
			RoleARN: in.RoleArn, Action: authorization.AssumeRole, Caller: by, Keys: iampolicy.Keys{}, SessionName: in.RoleSessionName,
			SourceIdentity: in.SourceIdentity,
		},
		passed:  passed{policy: in.Policy, descriptors: in.PolicyArns},
		seconds: in.DurationSeconds,
	}
	if in.ExternalId != "" {
		a.Keys["sts:externalid"] = []string{in.ExternalId}
	}
	handedOn, err := a.inherit(by)
	if err != nil {
		return nil, err
	}
	if a.Tags, a.Transitive, err = handedOn.with(in.Tags, in.TransitiveTagKeys); err != nil {
		return nil, err
	}
	got, err := s.assume(ctx, a)
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleResponse{
		Credentials: got.credentials, AssumedRoleUser: got.user, PackedPolicySize: got.percent, SourceIdentity: a.SourceIdentity,
	}, nil
}

// inherit takes over what the caller's session hands on to those assumed from it: the source identity, which cannot be another one then, and
// the transitive tags, which it answers.
func (a *assumption) inherit(by *authorization.Principal) (tags, error) {
	session := by.Session
	if session == nil {
		return tags{}, nil
	}
	a.chained = session.Kind == temporary.AssumedRole
	if session.SourceIdentity != "" {
		if a.SourceIdentity != "" && a.SourceIdentity != session.SourceIdentity {
			return tags{}, denied("User: " + by.ARN + " is not authorized to perform: sts:SetSourceIdentity on resource: " + a.RoleARN)
		}
		a.SourceIdentity = session.SourceIdentity
	}
	return transitive(session), nil
}

// noDevice refuses a code of a second factor: users of IAM have none here.
func noDevice() error {
	return denied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
}
