package wording

import (
	"errors"
	"fmt"

	"cardea/engine/authorization"
	"cardea/engine/broker"
	"cardea/engine/federated"
	"cardea/engine/throttle"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
	"cardea/spec/sts"
)

// Identity words conditions for operations of identity pools (docs/cognito/credentials.md, "Logins").
func Identity(_ *awsjson.Operation, err error) error {
	if denied, ok := errors.AsType[*authorization.DeniedError](err); ok && denied.Action == authorization.PassRole {
		return cognitoidentity.NotAuthorized("Access to Role '" + denied.Resource + "' is forbidden.")
	}
	if problem, ok := errors.AsType[*awsjson.Problem](err); ok && errors.Is(problem, awsjson.ErrConstraint) {
		return awsjson.Refuse("ValidationException", problem.Text)
	}
	if fault, ok := errors.AsType[*awsjson.Fault](err); ok {
		return fault
	}
	if fault := loginFault(err); fault != nil {
		return fault
	}
	if fault := brokerFault(err); fault != nil {
		return fault
	}
	if errors.Is(err, throttle.ErrTooFast) {
		return cognitoidentity.TooManyRequests("Rate exceeded")
	}
	return err
}

// brokerFault words what other token services answer; nil for other errors. What they say is not passed on: it may name their own roles.
func brokerFault(err error) error {
	if errors.Is(err, broker.ErrRefused) || errors.Is(err, broker.ErrGuests) {
		return cognitoidentity.InvalidIdentityPoolConfiguration("Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	}
	if errors.Is(err, broker.ErrUnreachable) {
		return cognitoidentity.ExternalService("The token service of this identity pool cannot be reached.")
	}
	return nil
}

// logins are the conditions of logins in identity pools.
var logins = []entry{
	{federated.ErrNoProvider, cognitoidentity.NotAuthorized("Logins don't match. Please include at least one valid login for this identity or identity pool.")},
	{federated.ErrUnsupported, cognitoidentity.NotAuthorized("Token is not from a supported provider of this identity pool.")},
	{federated.ErrUnbuilt, cognitoidentity.InvalidParameter("Logins of this provider are not supported.")},
	{federated.ErrOwnToken, cognitoidentity.NotAuthorized("Invalid login token. Can't pass in a Cognito token.")},
	{federated.ErrNotIdentity, cognitoidentity.NotAuthorized("Invalid login token. Not a valid OpenId Connect identity token.")},
	{federated.ErrIssuer, cognitoidentity.NotAuthorized("Invalid login token. Issuer doesn't match providerName")},
	{federated.ErrSignature, cognitoidentity.NotAuthorized("Invalid login token. Couldn't verify signed token.")},
	{federated.ErrEarly, cognitoidentity.NotAuthorized("Invalid login token. Token is not valid yet.")},
	{federated.ErrEnded, cognitoidentity.NotAuthorized("Invalid login token. Token has been revoked.")},
	{federated.ErrRejected, cognitoidentity.NotAuthorized("Invalid login token.")},
	{federated.ErrAssertion, cognitoidentity.NotAuthorized("Invalid login token. Invalid SAML assertion.")},
}

// loginFault words the conditions of logins for identity pools; nil for other errors.
func loginFault(err error) error {
	for _, e := range logins {
		if errors.Is(err, e.condition) {
			return e.fault
		}
	}
	if missing, ok := errors.AsType[*federated.ClaimError](err); ok {
		return cognitoidentity.NotAuthorized("Invalid login token. Missing a required claim: " + missing.Claim)
	}
	if expired, ok := errors.AsType[*federated.ExpiredError](err); ok {
		return cognitoidentity.NotAuthorized(fmt.Sprintf("Invalid login token. Token expired: %d >= %d", expired.Now, expired.Expired))
	}
	if unreached, ok := errors.AsType[*federated.UnreachableError](err); ok {
		return cognitoidentity.ExternalService("The identity provider " + unreached.Provider + " cannot be reached.")
	}
	return nil
}

// webIdentities are the conditions of tokens of identity providers at STS.
var webIdentities = []entry{
	{federated.ErrNoProvider, sts.InvalidIdentityToken("No OpenIDConnect provider found in your account for the token's issuer")},
	{federated.ErrUnsupported, sts.InvalidIdentityToken("Incorrect token audience")},
	{federated.ErrUnbuilt, sts.InvalidIdentityToken("Invalid provider")},
	{federated.ErrOwnToken, sts.InvalidIdentityToken("Invalid provider")},
	{federated.ErrNotIdentity, sts.InvalidIdentityToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")},
	{federated.ErrIssuer, sts.InvalidIdentityToken("Issuer mismatch")},
	{federated.ErrSignature, sts.InvalidIdentityToken("Provided Token signature is invalid")},
	{federated.ErrEarly, sts.InvalidIdentityToken("Token is not valid yet")},
	{federated.ErrEnded, sts.InvalidIdentityToken("Token has been revoked")},
	{federated.ErrRejected, sts.InvalidIdentityToken("The provider does not accept the token")},
	{federated.ErrAssertion, sts.InvalidIdentityToken("Response signature invalid")},
}

// webIdentityFault words the conditions of logins for STS; nil for other errors.
func webIdentityFault(err error) error {
	for _, e := range webIdentities {
		if errors.Is(err, e.condition) {
			return e.fault
		}
	}
	if missing, ok := errors.AsType[*federated.ClaimError](err); ok {
		return sts.InvalidIdentityToken("Missing a required claim: " + missing.Claim)
	}
	if expired, ok := errors.AsType[*federated.ExpiredError](err); ok {
		return sts.ExpiredToken(fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", expired.Now, expired.Expired))
	}
	if _, ok := errors.AsType[*federated.UnreachableError](err); ok {
		return sts.IDPCommunicationError("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	return nil
}
