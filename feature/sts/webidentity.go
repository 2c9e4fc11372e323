package sts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/federated"
	"cardea/spec/iampolicy"
	"cardea/spec/sts"
)

// failed is how many requests one with a bad token counts as, besides itself.
const failed = 9

// AssumeRoleWithWebIdentity answers credentials of a role to whoever has a token of an identity pool or of an identity provider that the role
// trusts. It needs no signature.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityRequest) (*sts.AssumeRoleWithWebIdentityResponse, error) {
	if err := s.Strangers.Admit(ctx); err != nil {
		return nil, err
	}
	token, err := s.Logins.VerifyWebIdentity(ctx, in.ProviderId, in.WebIdentityToken)
	if err != nil {
		return nil, s.charge(ctx, err)
	}
	a := assumption{
		Assumption: authorization.Assumption{
			RoleARN: in.RoleArn, Action: authorization.AssumeRoleWithWebIdentity, Federated: cmp.Or(token.ARN, token.Provider),
			SessionName: in.RoleSessionName,
		},
		passed:  passed{policy: in.Policy, descriptors: in.PolicyArns},
		lasting: webKeys(token),
		seconds: in.DurationSeconds,
	}
	a.Keys = a.lasting
	if err := a.claim(claimsOf(token)); err != nil {
		return nil, err
	}
	got, err := s.assume(ctx, a)
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleWithWebIdentityResponse{
		Credentials: got.credentials, AssumedRoleUser: got.user, PackedPolicySize: got.percent, SourceIdentity: a.SourceIdentity,
		SubjectFromWebIdentityToken: token.Subject, Provider: a.Federated, Audience: token.Audience,
	}, nil
}

// charge counts a request whose token was not good. That a provider cannot be reached is not the stranger's fault.
func (s *Service) charge(ctx context.Context, err error) error {
	if _, unreached := errors.AsType[*federated.UnreachableError](err); !unreached {
		s.Strangers.Charge(ctx, failed)
	}
	return err
}

// webKeys are the condition keys that a token gives, as AWS names them for its provider.
func webKeys(t *federated.Token) iampolicy.Keys {
	keys := iampolicy.Keys{"aws:federatedprovider": {cmp.Or(t.ARN, t.Provider)}}
	set := func(name string, values ...string) { keys[strings.ToLower(t.Provider+":"+name)] = values }
	switch t.Provider {
	case federated.Facebook:
		set("app_id", t.Audience)
		set("id", t.Subject)
		return keys
	case federated.Amazon:
		set("app_id", t.Audience)
		set("user_id", t.Subject)
		return keys
	case federated.Google:
		set("oaud", t.Claims["aud"]...)
	}
	set("aud", t.Audience)
	set("sub", t.Subject)
	if t.Own != nil {
		set("amr", t.Own.Methods...)
	}
	return keys
}

// claims are what a token wants of the session.
type claims struct {
	tags           []sts.Tag
	transitive     []string
	sourceIdentity string
}

// The claims of ID tokens about sessions. Tags are an object, or a claim each.
const (
	tagsClaim       = "https://aws.amazon.com/tags"
	tagClaim        = tagsClaim + "/principal_tags/"
	transitiveClaim = tagsClaim + "/transitive_tag_keys"
	sourceClaim     = "https://aws.amazon.com/source_identity"
)

// claimsOf reads a token. What is no object, or has several values, is not read as AWS would not: it fails a check.
func claimsOf(t *federated.Token) claims {
	c := claims{sourceIdentity: only(t.Claims[sourceClaim])}
	if t.Own != nil {
		for key, value := range t.Own.Tags {
			c.tags = append(c.tags, sts.Tag{Key: key, Value: value})
		}
		c.transitive = t.Own.Transitive
		return c
	}
	for name, values := range t.Claims {
		if key, found := strings.CutPrefix(name, tagClaim); found {
			c.tags = append(c.tags, sts.Tag{Key: key, Value: only(values)})
		}
	}
	c.transitive = t.Claims[transitiveClaim]
	given := t.Claims[tagsClaim]
	if len(given) == 0 {
		return c
	}
	var object struct {
		Tags       map[string][]string `json:"principal_tags"`
		Transitive []string            `json:"transitive_tag_keys"`
	}
	if len(given) > 1 || json.Unmarshal([]byte(given[0]), &object) != nil {
		return claims{tags: []sts.Tag{{}}}
	}
	for key, values := range object.Tags {
		c.tags = append(c.tags, sts.Tag{Key: key, Value: only(values)})
	}
	c.transitive = append(slices.Clip(c.transitive), object.Transitive...)
	return c
}

// only is the one value that there may be. Several are no value that a check accepts.
func only(values []string) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	}
	return several
}

const several = "\x00"
