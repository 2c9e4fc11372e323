package wording_test

import (
	"errors"
	"fmt"
	"testing"

	"cardea/engine/federated"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
)

func TestConditionsOfLoginsAreWorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err           error
		identity, sts string
	}{
		{federated.ErrSignature, "NotAuthorizedException: Invalid login token. Couldn't verify signed token.", "InvalidIdentityToken: Provided Token signature is invalid"},
		{federated.ErrUnsupported, "NotAuthorizedException: Token is not from a supported provider of this identity pool.", "InvalidIdentityToken: Incorrect token audience"},
		{&federated.ClaimError{Claim: "aud"}, "NotAuthorizedException: Invalid login token. Missing a required claim: aud", "InvalidIdentityToken: Missing a required claim: aud"},
		{
			&federated.ExpiredError{Expired: 10, Now: 20}, "NotAuthorizedException: Invalid login token. Token expired: 20 >= 10",
			"ExpiredTokenException: Token expired: current date/time 20 must be before the expiration date/time 10",
		},
		{
			&federated.UnreachableError{Provider: "idp.example", Err: errors.New("secret detail")}, "ExternalServiceException: The identity provider idp.example cannot be reached.",
			"IDPCommunicationError: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
		},
	} {
		err := fmt.Errorf("verify: %w", c.err)
		if got := wording.Identity(&awsjson.Operation{}, err); got.Error() != c.identity {
			t.Errorf("got %v, want %s", got, c.identity)
		}
		if got := wording.STS(&awsjson.Operation{}, err); got.Error() != c.sts {
			t.Errorf("got %v, want %s", got, c.sts)
		}
	}
	for _, word := range []func(*awsjson.Operation, error) error{wording.Identity, wording.STS} {
		if err := errors.New("disk full"); word(&awsjson.Operation{}, err) != err {
			t.Error("a failure does not stay one")
		}
	}
}
