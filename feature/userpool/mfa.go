package userpool

import (
	"cmp"
	"context"
	"slices"

	"cardea/engine/access"
	"cardea/engine/factor"
	"cardea/engine/passkey"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

const (
	needsFactor  = "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
	noFactorLeft = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
)

// GetUserPoolMfaConfig shows which second factors a pool offers or requires, and the configuration of passkeys.
func (s *Service) GetUserPoolMfaConfig(ctx context.Context, in *cognitoidp.GetUserPoolMfaConfigRequest) (*cognitoidp.GetUserPoolMfaConfigResponse, error) {
	var out cognitoidp.GetUserPoolMfaConfigResponse
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		out = p.MFA
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// SetUserPoolMfaConfig sets which second factors a pool offers or requires. With MfaConfiguration the factors are replaced;
// without it those given are set. A passkey configuration stays until another is given.
func (s *Service) SetUserPoolMfaConfig(ctx context.Context, in *cognitoidp.SetUserPoolMfaConfigRequest) (*cognitoidp.SetUserPoolMfaConfigResponse, error) {
	var out cognitoidp.SetUserPoolMfaConfigResponse
	err := s.change(ctx, in.UserPoolId, func(p *pool.Pool) error {
		if err := s.setFactors(p, in); err != nil {
			return err
		}
		out = cognitoidp.SetUserPoolMfaConfigResponse(p.MFA)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (s *Service) setFactors(p *pool.Pool, in *cognitoidp.SetUserPoolMfaConfigRequest) error {
	mfa := p.MFA
	if in.MfaConfiguration != "" {
		if err := checkCombination(p, in); err != nil {
			return err
		}
		mfa.MfaConfiguration = in.MfaConfiguration
		mfa.SmsMfaConfiguration, mfa.SoftwareTokenMfaConfiguration, mfa.EmailMfaConfiguration = nil, nil, nil
	}

	if in.SmsMfaConfiguration != nil {
		if err := s.setMFAMessages(p, in.SmsMfaConfiguration); err != nil {
			return err
		}
		mfa.SmsMfaConfiguration = cmp.Or(smsFactor(p), ownSMSFactor(p))
	}
	if in.SoftwareTokenMfaConfiguration != nil {
		mfa.SoftwareTokenMfaConfiguration = in.SoftwareTokenMfaConfiguration
	}
	if in.EmailMfaConfiguration != nil {
		if p.Doc.EmailConfiguration.EmailSendingAccount != cognitoidp.EmailSendingAccountTypeDeveloper {
			return cognitoidp.InvalidParameter("Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.")
		}
		mfa.EmailMfaConfiguration = in.EmailMfaConfiguration
	}
	if in.WebAuthnConfiguration != nil {
		if rp := in.WebAuthnConfiguration.RelyingPartyId; rp != "" {
			if err := passkey.CheckRelyingParty(rp); err != nil {
				return err
			}
		}
		mfa.WebAuthnConfiguration = in.WebAuthnConfiguration
	}
	if mfa.MfaConfiguration != cognitoidp.UserPoolMfaTypeOff && !factor.Offers(&mfa) {
		return cognitoidp.InvalidParameter(noFactorLeft)
	}
	p.MFA = mfa
	p.Doc.MfaConfiguration = mfa.MfaConfiguration
	return checkFirstFactors(p)
}

// checkFirstFactors refuses, in a pool that requires a second factor, first factors that none can follow: codes, after which
// Cognito asks for nothing more, and passkeys unless one that has verified its user counts as both.
func checkFirstFactors(p *pool.Pool) error {
	policies := p.Doc.Policies
	if p.MFA.MfaConfiguration != cognitoidp.UserPoolMfaTypeOn || policies == nil || policies.SignInPolicy == nil {
		return nil
	}
	allowed := policies.SignInPolicy.AllowedFirstAuthFactors
	for _, f := range factor.Firsts {
		if f.Contact != "" && slices.Contains(allowed, f.AuthFactor) {
			return cognitoidp.InvalidParameter(f.AuthFactor + " cannot be one of the allowed first auth factors when MFA is required.")
		}
	}
	if slices.Contains(allowed, cognitoidp.AuthFactorTypeWebAuthn) && !factor.Multi(p) {
		return cognitoidp.InvalidParameter("When MFA is required, WEB_AUTHN can be one of the allowed first auth factors only with MULTI_FACTOR_WITH_USER_VERIFICATION.")
	}
	return nil
}

// checkCombination refuses a mode that does not go with the factors given beside it.
func checkCombination(p *pool.Pool, in *cognitoidp.SetUserPoolMfaConfigRequest) error {
	some := factor.Offers(&cognitoidp.GetUserPoolMfaConfigResponse{
		SmsMfaConfiguration:           in.SmsMfaConfiguration,
		SoftwareTokenMfaConfiguration: in.SoftwareTokenMfaConfiguration,
		EmailMfaConfiguration:         in.EmailMfaConfiguration,
	})
	if in.MfaConfiguration == cognitoidp.UserPoolMfaTypeOff {
		if some {
			return cognitoidp.InvalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
		}
		return nil
	}

	if !some {
		return cognitoidp.InvalidParameter(noFactorLeft)
	}
	if in.SmsMfaConfiguration == nil && keepsSMS(p) {
		return cognitoidp.InvalidParameter("Can't turn off SMS_MFA when SMS configuration is set for the user pool")
	}
	return nil
}

// keepsSMS tells whether text messages cannot be left out as a factor: Cognito insists on them where it also verifies phone
// numbers by itself.
func keepsSMS(p *pool.Pool) bool {
	return p.MFA.SmsMfaConfiguration != nil && p.Doc.SmsConfiguration != nil &&
		p.Doc.MfaConfiguration != cognitoidp.UserPoolMfaTypeOff &&
		slices.Contains(p.Doc.AutoVerifiedAttributes, cognitoidp.VerifiedAttributeTypePhoneNumber)
}

// setMFAMessages sets the pool's configuration of text messages from the SMS factor's; the two share it.
func (s *Service) setMFAMessages(p *pool.Pool, in *cognitoidp.SmsMfaConfigType) error {
	sms, err := s.smsConfiguration(p, in.SmsConfiguration, s.ForeignRoles)
	if err != nil {
		return err
	}
	if sms != nil {
		p.Doc.SmsConfiguration = sms
	}
	if p.Doc.SmsConfiguration == nil && p.MFA.SmsMfaConfiguration == nil {
		return cognitoidp.InvalidParameter(needsFactor)
	}
	if in.SmsAuthenticationMessage != "" {
		p.Doc.SmsAuthenticationMessage = in.SmsAuthenticationMessage
	}
	return nil
}

// setMFA sets the mode that CreateUserPool or UpdateUserPool gives, after all else is set. An existing pool can only be
// given ON by SetUserPoolMfaConfig. A new pool without an SmsConfiguration gets the factors that need none, where Cognito
// refuses it (COMPATIBILITY.md).
func (s *Service) setMFA(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest, when occasion) error {
	mode := orElse(in.MfaConfiguration, cognitoidp.UserPoolMfaTypeOff)
	if when == updating && mode == cognitoidp.UserPoolMfaTypeOn && p.Doc.MfaConfiguration != cognitoidp.UserPoolMfaTypeOn {
		return cognitoidp.InvalidParameter("Cannot turn MFA functionality ON, once the user pool has been created.")
	}

	mfa := &p.MFA
	if sms := mfa.SmsMfaConfiguration; sms != nil {
		if mfa.SmsMfaConfiguration = smsFactor(p); sms.SmsConfiguration == nil && mfa.SmsMfaConfiguration == nil {
			mfa.SmsMfaConfiguration = ownSMSFactor(p)
		}
	}
	if p.Doc.EmailConfiguration.EmailSendingAccount != cognitoidp.EmailSendingAccountTypeDeveloper {
		mfa.EmailMfaConfiguration = nil
	}
	if mode != cognitoidp.UserPoolMfaTypeOff && !factor.Offers(mfa) {
		mfa.SmsMfaConfiguration = smsFactor(p)
	}
	if mode != cognitoidp.UserPoolMfaTypeOff && !factor.Offers(mfa) {
		if when == updating {
			return cognitoidp.InvalidParameter(needsFactor)
		}
		mfa.SoftwareTokenMfaConfiguration = &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true}
		if s.Messages.Ready(&pool.Pool{}, "phone_number") == nil {
			mfa.SmsMfaConfiguration = ownSMSFactor(p)
		}
	}
	mfa.MfaConfiguration = mode
	p.Doc.MfaConfiguration = mode
	return checkFirstFactors(p)
}

// smsFactor is the SMS factor as the pool's text messages make it, nil when it cannot send any.
func smsFactor(p *pool.Pool) *cognitoidp.SmsMfaConfigType {
	if p.Doc.SmsConfiguration == nil {
		return nil
	}
	return &cognitoidp.SmsMfaConfigType{
		SmsAuthenticationMessage: p.Doc.SmsAuthenticationMessage,
		SmsConfiguration:         p.Doc.SmsConfiguration,
	}
}

// ownSMSFactor is the SMS factor of a pool without a configuration of its own, for which the server sends.
func ownSMSFactor(p *pool.Pool) *cognitoidp.SmsMfaConfigType {
	return &cognitoidp.SmsMfaConfigType{SmsAuthenticationMessage: p.Doc.SmsAuthenticationMessage}
}
