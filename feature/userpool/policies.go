package userpool

import (
	"cmp"
	"slices"
	"strings"

	"cardea/engine/factor"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// setPolicies sets the password and sign-in policies and the settings of invitations. The validity of
// temporary passwords is in two members that always have the same value.
func setPolicies(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	policies := &cognitoidp.UserPoolPolicyType{
		PasswordPolicy: pool.DefaultPasswordPolicy(),
		SignInPolicy:   &cognitoidp.SignInPolicyType{AllowedFirstAuthFactors: []string{cognitoidp.AuthFactorTypePassword}},
	}
	days := int64(0)
	if in.Policies != nil {
		days = setPasswordPolicy(policies, in.Policies.PasswordPolicy)
		if err := setSignInPolicy(policies, in.Policies.SignInPolicy); err != nil {
			return err
		}
	}

	admin := cognitoidp.AdminCreateUserConfigType{}
	if in.AdminCreateUserConfig != nil {
		admin = *in.AdminCreateUserConfig
	}
	unused := admin.UnusedAccountValidityDays
	if days != 0 && unused != 0 && days != unused {
		return cognitoidp.InvalidParameter("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
	}
	days = cmp.Or(days, unused, pool.DefaultPasswordPolicy().TemporaryPasswordValidityDays)

	policies.PasswordPolicy.TemporaryPasswordValidityDays = days
	admin.UnusedAccountValidityDays = days
	p.Doc.Policies = policies
	p.Doc.AdminCreateUserConfig = &admin
	return checkInvitation(p)
}

// setPasswordPolicy sets a given policy; rules that it omits are off. It returns the validity of temporary passwords as it
// was sent; in Cognito 0 means that none was given.
func setPasswordPolicy(policies *cognitoidp.UserPoolPolicyType, given *cognitoidp.PasswordPolicyType) int64 {
	if given == nil {
		return 0
	}
	policy := *given
	policy.MinimumLength = cmp.Or(policy.MinimumLength, pool.DefaultPasswordPolicy().MinimumLength)
	policies.PasswordPolicy = &policy
	return given.TemporaryPasswordValidityDays
}

func setSignInPolicy(policies *cognitoidp.UserPoolPolicyType, given *cognitoidp.SignInPolicyType) error {
	if given == nil || len(given.AllowedFirstAuthFactors) == 0 {
		return nil
	}
	if !slices.Contains(given.AllowedFirstAuthFactors, cognitoidp.AuthFactorTypePassword) {
		return cognitoidp.InvalidParameter("Password should be configured as one of the allowed first auth factors.")
	}
	policies.SignInPolicy = given
	return nil
}

// checkInvitation refuses an invitation without the placeholders for the user name and the password. Where users can sign
// in without a password, the invitation may lack them.
func checkInvitation(p *pool.Pool) error {
	template := p.Doc.AdminCreateUserConfig.InviteMessageTemplate
	if template == nil || factor.Passwordless(p) {
		return nil
	}
	for _, text := range []string{template.SMSMessage, template.EmailMessage} {
		if text != "" && !(strings.Contains(text, "{####}") && strings.Contains(text, "{username}")) {
			return cognitoidp.InvalidParameter("The messages of InviteMessageTemplate must contain {username} and {####}.")
		}
	}
	return nil
}
