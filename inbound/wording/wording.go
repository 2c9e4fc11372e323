package wording

import (
	"errors"
	"fmt"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/bearer"
	"cardea/engine/brand"
	"cardea/engine/certificate"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/identity"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/migration"
	"cardea/engine/passkey"
	"cardea/engine/password"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// entry is a condition and the fault for it.
type entry struct {
	condition error
	fault     error // an *awsjson.Fault
}

// conditions have the same fault in every operation.
var conditions = []entry{
	{account.ErrNoUser, cognitoidp.UserNotFound("User does not exist.")},
	{account.ErrDisabled, cognitoidp.NotAuthorized("User is disabled.")},
	{account.ErrUnconfirmed, cognitoidp.UserNotConfirmed("User is not confirmed.")},
	{account.ErrResetRequired, cognitoidp.PasswordResetRequired("Password reset required for the user")},

	{account.ErrRequiredFactor, cognitoidp.InvalidParameter("The attribute cannot be deleted: it is the second factor that the user pool requires.")},
	{attributes.ErrUnwritable, cognitoidp.NotAuthorized("A client attempted to write unauthorized attribute")},
	{password.ErrUsed, cognitoidp.PasswordHistoryPolicyViolation("Password has previously been used")},
	{password.ErrBusy, cognitoidp.TooManyRequests("Rate exceeded")},

	{access.ErrGrant, cognitoidp.NotAuthorized("Client is not enabled for the client_credentials grant.")},
	{scope.ErrRefused, cognitoidp.InvalidParameter("Invalid scope requested.")},
	{bearer.ErrScope, cognitoidp.NotAuthorized("Access Token does not have required scopes")},
	{token.ErrForgedAccess, cognitoidp.NotAuthorized("Could not verify signature for Access Token")},
	{token.ErrInvalidAccess, cognitoidp.NotAuthorized("Invalid Access Token")},
	{token.ErrExpiredAccess, cognitoidp.NotAuthorized("Access Token has expired")},
	{token.ErrBoundAccess, cognitoidp.NotAuthorized("Invalid Access Token")},
	{token.ErrRevokedAccess, cognitoidp.NotAuthorized("Access Token has been revoked")},
	{token.ErrInvalidRefresh, cognitoidp.NotAuthorized("Invalid Refresh Token")},
	{token.ErrExpiredRefresh, cognitoidp.NotAuthorized("Refresh Token has expired")},
	{token.ErrRevokedRefresh, cognitoidp.NotAuthorized("Refresh Token has been revoked")},
	{token.ErrReusedRefresh, cognitoidp.RefreshTokenReuse("Refresh token has been invalidated by rotation")},
	{token.ErrNotRevocable, cognitoidp.UnsupportedOperation("Token revocation is not enabled for the client.")},
	{token.ErrNotRefresh, cognitoidp.UnsupportedTokenType("Only refresh tokens can be revoked.")},
	{token.ErrOthersToken, cognitoidp.Unauthorized("The token was not issued to this client.")},
	{token.ErrProofMissing, cognitoidp.NotAuthorized("A proof of the user's identity is missing.")},

	{challenge.ErrInvalid, cognitoidp.NotAuthorized("Invalid session for the user.")},
	{challenge.ErrExpired, cognitoidp.NotAuthorized("Invalid session for the user, session is expired.")},
	{challenge.ErrUsed, cognitoidp.NotAuthorized("Invalid session for the user, session can only be used once.")},
	{lockout.ErrLocked, cognitoidp.NotAuthorized("Password attempts exceeded")},
	{verification.ErrMismatch, cognitoidp.CodeMismatch("Invalid verification code provided, please try again.")},
	{verification.ErrExpired, cognitoidp.ExpiredCode("Invalid code provided, please request a code again.")},
	{message.ErrNoSender, cognitoidp.CodeDeliveryFailure("This server has no way of sending such messages.")},
	{lockout.ErrRateLimited, cognitoidp.TooManyRequests("Too many failed attempts, please try again later.")},

	{trigger.ErrNoCustomAuth, cognitoidp.InvalidParameter("Custom auth lambda trigger is not configured for the user pool.")},
	{challenge.ErrManyCustom, cognitoidp.TooManyRequests("Too many sign-ins, please try again later.")},
	{factor.ErrFirstFactor, cognitoidp.NotAuthorized("The user's second factor cannot follow this sign-in's first.")},

	{identity.ErrMany, cognitoidp.LimitExceeded(fmt.Sprintf("A user can have at most %d linked identities.", identity.Most))},
	{identity.ErrValue, cognitoidp.InvalidParameter("Invalid ProviderAttributeValue.")},
	{identity.ErrAmbiguous, cognitoidp.InvalidParameter("The identity is linked with several users.")},
	{identity.ErrDoubted, cognitoidp.InvalidParameter("The identity is linked by an address that the identity provider has not verified.")},

	{brand.ErrImage, cognitoidp.InvalidParameter("The image is not valid, or is not of the type that it is said to be.")},
	{certificate.ErrUnusable, cognitoidp.InvalidParameter("The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.")},

	{passkey.ErrUnconfigured, cognitoidp.WebAuthnConfigurationMissing("A relying party ID or a domain must be configured for the user pool.")},
	{passkey.ErrNotDomain, cognitoidp.InvalidParameter("RelyingPartyId must be a domain name in lower case.")},
	{passkey.ErrPublicSuffix, cognitoidp.InvalidParameter("RelyingPartyId must not be a public suffix.")},
	{passkey.ErrDisabled, cognitoidp.WebAuthnNotEnabled("Passkeys are not enabled for the user pool.")},
	{passkey.ErrMany, cognitoidp.LimitExceeded(fmt.Sprintf("A user can have at most %d passkeys.", passkey.Most))},
	{passkey.ErrChallenge, cognitoidp.WebAuthnChallengeNotFound("The challenge was not found: it has expired, was used, or a newer one took its place.")},
	{passkey.ErrClient, cognitoidp.WebAuthnClientMismatch("The access token is for another client than the one that started the registration.")},
	{passkey.ErrOrigin, cognitoidp.WebAuthnOriginNotAllowed("The origin of the passkey's registration is not allowed for the relying party.")},
	{passkey.ErrRelyingParty, cognitoidp.WebAuthnRelyingPartyMismatch("The passkey is for another relying party than the user pool's.")},
	{passkey.ErrUnsupported, cognitoidp.WebAuthnCredentialNotSupported("The passkey's provider or device is not supported.")},
	{passkey.ErrKnown, cognitoidp.InvalidParameter("The passkey is already registered.")},
	{passkey.ErrMalformed, cognitoidp.InvalidParameter("Invalid Credential.")},
}

// Cognito gives the fault with which an operation of the user pools API answers err: the one that err is or wraps, the one
// for the condition that it is or wraps, or err itself where it is a failure.
func Cognito(op *awsjson.Operation, err error) error {
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*awsjson.Fault](err); ok {
		return fault
	}
	if errors.Is(err, verification.ErrTooMany) || errors.Is(err, message.ErrLimit) {
		return tooMany(op)
	}
	if errors.Is(err, account.ErrNoUser) && !slices.Contains(op.Errors, "UserNotFoundException") {
		return gone(op)
	}
	if errors.Is(err, factor.ErrNoMethod) {
		return noMethod(op)
	}
	for _, e := range conditions {
		if errors.Is(err, e.condition) {
			return e.fault
		}
	}
	return typed(op, err)
}

// gone is the fault for a missing user in operations whose model has no UserNotFoundException.
func gone(op *awsjson.Operation) error {
	if op.Signed {
		return cognitoidp.ResourceNotFound("User does not exist.")
	}
	return cognitoidp.NotAuthorized("Access Token has been revoked")
}

// tooMany is the fault for a caller that has sent too many requests.
func tooMany(op *awsjson.Operation) error {
	const text = "Attempt limit exceeded, please try after some time."
	if slices.Contains(op.Errors, "LimitExceededException") {
		return cognitoidp.LimitExceeded(text)
	}
	return cognitoidp.TooManyRequests(text)
}

// noMethod is the fault for a user without a second factor; InitiateAuth's model has no code of its own for it.
func noMethod(op *awsjson.Operation) error {
	const message = "No MFA mechanism registerd in the account." // as Cognito spells it
	if slices.Contains(op.Errors, "MFAMethodNotFoundException") {
		return cognitoidp.MFAMethodNotFound(message)
	}
	return cognitoidp.NotAuthorized(message)
}

// typed words the conditions that are types with details.
func typed(op *awsjson.Operation, err error) error {
	if unknown, ok := errors.AsType[*access.UnknownError](err); ok {
		if unknown.Client != "" {
			return cognitoidp.ResourceNotFound("User pool client " + unknown.Client + " does not exist.")
		}
		return cognitoidp.ResourceNotFound("User pool " + unknown.Pool + " does not exist.")
	}
	if unproven, ok := errors.AsType[*access.SecretError](err); ok {
		return cognitoidp.NotAuthorized(secretMessage(unproven))
	}
	if sender, ok := errors.AsType[*message.SenderError](err); ok {
		return cognitoidp.InvalidParameter(senderMessage(sender))
	}
	if nobody, ok := errors.AsType[*migration.NobodyError](err); ok {
		return cognitoidp.UserNotFound("Exception migrating user in app client " + string(nobody.Client))
	}
	if policy, ok := errors.AsType[*password.PolicyError](err); ok {
		return cognitoidp.InvalidPassword("Password did not conform with policy: " + policyMessages[policy.Rule])
	}
	if fault := triggerFault(op, err); fault != nil {
		return fault
	}
	if fault := keyFault(err); fault != nil {
		return fault
	}
	if fault := brandFault(err); fault != nil {
		return fault
	}
	if fault := attributeFault(err); fault != nil {
		return fault
	}
	if fault := accountFault(op, err); fault != nil {
		return fault
	}
	return err
}

func secretMessage(e *access.SecretError) string {
	switch {
	case e.Missing:
		return "Client " + string(e.Client) + " is configured with secret but SECRET_HASH was not received"
	case e.Hash:
		return "Unable to verify secret hash for client " + string(e.Client)
	}
	return "Invalid client secret for client " + string(e.Client)
}

// senderMessage names what the operator has to configure.
func senderMessage(err *message.SenderError) string {
	if err.Source != "" {
		return "No sender is configured on this server for SourceArn " + err.Source + "."
	}
	return "The sender configured on this server for the user pool does not send from " + err.From + "."
}
