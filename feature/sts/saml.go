package sts

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/record/replay"
	"cardea/spec/iampolicy"
	"cardea/spec/sts"
)

// Attributes of assertions about sessions begin with this.
const samlAttribute = "https://aws.amazon.com/SAML/Attributes/"

// formats begin those formats of names that subject types leave out.
const formats = "urn:oasis:names:tc:SAML:2.0:nameid-format:"

// AssumeRoleWithSAML answers credentials of a role to whoever has an assertion about it by a SAML provider that the role trusts. It needs no
// signature. An assertion works once.
func (s *Service) AssumeRoleWithSAML(ctx context.Context, in *sts.AssumeRoleWithSAMLRequest) (*sts.AssumeRoleWithSAMLResponse, error) {
	if err := s.Strangers.Admit(ctx); err != nil {
		return nil, err
	}
	token, err := s.Logins.VerifySAML(ctx, in.PrincipalArn, in.SAMLAssertion)
	if errors.Is(err, federated.ErrNoProvider) {
		err = sts.InvalidIdentityToken("Specified provider doesn't exist.")
	}
	if err != nil {
		return nil, s.charge(ctx, err)
	}
	a, err := s.asserted(in, token)
	if err != nil {
		return nil, err
	}
	got, err := s.assume(ctx, *a)
	if err != nil {
		return nil, err
	}
	if err := s.useUp(ctx, token); err != nil {
		return nil, err
	}
	return &sts.AssumeRoleWithSAMLResponse{
		Credentials: got.credentials, AssumedRoleUser: got.user, PackedPolicySize: got.percent, SourceIdentity: a.SourceIdentity,
		Subject: token.Assertion.NameID, SubjectType: subjectType(token.Assertion), Issuer: token.Assertion.Issuer,
		Audience: token.Assertion.Recipient, NameQualifier: s.qualifier(token),
	}, nil
}

// asserted is the request that an assertion makes.
func (s *Service) asserted(in *sts.AssumeRoleWithSAMLRequest, token *federated.Token) (*assumption, error) {
	name := only(token.Claims[samlAttribute+"RoleSessionName"])
	switch {
	case name == "":
		return nil, sts.InvalidIdentityToken("RoleSessionName is required in AuthnResponse")
	case !sessionName.MatchString(name):
		return nil, sts.InvalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
	case !slices.Contains(token.Roles, in.RoleArn): // the provider says which roles somebody may have
		return nil, denied("Not authorized to perform " + authorization.AssumeRoleWithSAML)
	}
	a := &assumption{
		Assumption: authorization.Assumption{
			RoleARN: in.RoleArn, Action: authorization.AssumeRoleWithSAML, Federated: token.ARN, SessionName: name,
		},
		passed:  passed{policy: in.Policy, descriptors: in.PolicyArns},
		lasting: s.samlKeys(token),
		seconds: in.DurationSeconds,
		until:   token.Assertion.SessionEnds,
	}
	a.Keys = a.lasting
	if err := a.last(only(token.Claims[samlAttribute+"SessionDuration"])); err != nil {
		return nil, err
	}
	c := claims{transitive: token.Claims[samlAttribute+"TransitiveTagKeys"], sourceIdentity: only(token.Claims[samlAttribute+"SourceIdentity"])}
	for attribute, values := range token.Claims {
		if key, found := strings.CutPrefix(attribute, samlAttribute+"PrincipalTag:"); found {
			c.tags = append(c.tags, sts.Tag{Key: key, Value: only(values)})
		}
	}
	return a, a.claim(c)
}

// last bounds the session by what the assertion says of its duration, and takes that where the request says nothing.
func (a *assumption) last(given string) error {
	if given == "" {
		return nil
	}
	seconds, err := strconv.ParseInt(given, 10, 64)
	if err != nil || seconds < 900 || seconds > 43200 {
		return sts.InvalidIdentityToken("SessionDuration in AuthnResponse must be between 900 and 43200")
	}
	if a.seconds == 0 {
		a.seconds = seconds
	}
	return nil
}

// samlKeys are the condition keys that an assertion gives.
func (s *Service) samlKeys(t *federated.Token) iampolicy.Keys {
	keys := iampolicy.Keys{
		"aws:federatedprovider": {t.ARN},
		"saml:aud":              {t.Assertion.Recipient},
		"saml:iss":              {t.Assertion.Issuer},
		"saml:sub":              {t.Assertion.NameID},
		"saml:sub_type":         {subjectType(t.Assertion)},
		"saml:namequalifier":    {s.qualifier(t)},
		"saml:doc":              {s.Account.ID + "/" + providerName(t.ARN)},
	}
	return keys
}

// subjectType is the format of the subject's name, of which AWS names the usual ones by their last word.
func subjectType(a *federated.Assertion) string { return strings.TrimPrefix(a.Format, formats) }

// qualifier tells subjects of one name apart who come from different providers.
func (s *Service) qualifier(t *federated.Token) string {
	sum := sha1.Sum([]byte(t.Assertion.Issuer + s.Account.ID + "/" + providerName(t.ARN)))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func providerName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// useUp makes an assertion work once. Providers' clocks may differ from ours: the assertion is remembered for longer than it holds.
func (s *Service) useUp(ctx context.Context, t *federated.Token) error {
	sum := sha256.Sum256([]byte(t.ARN + "\n" + t.Assertion.ID))
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		return replay.Use(tx, "", "sts-assertion/"+hex.EncodeToString(sum[:]), time.Unix(t.Expires, 0).Add(time.Hour))
	})
	if errors.Is(err, db.ErrExists) {
		return sts.InvalidIdentityToken("The SAML assertion was used already.")
	}
	return err
}
