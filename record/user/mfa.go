package user

import "cardea/spec/cognitoidp"

// List names the factors that are switched on, as UserMFASettingList shows them; nil when none is.
func (m MFA) List() []string {
	var list []string
	for _, factor := range []struct {
		name string
		on   bool
	}{
		{cognitoidp.ChallengeNameTypeSmsMfa, m.SMS},
		{cognitoidp.ChallengeNameTypeSoftwareTokenMfa, m.Software},
		{cognitoidp.ChallengeNameTypeEmailOtp, m.Email},
		{"WEB_AUTHN_MFA", m.Passkey}, // no challenge, and no enumeration of the model's
	} {
		if factor.on {
			list = append(list, factor.name)
		}
	}
	return list
}

// Options is what MFAOptions, which is older than all factors but SMS, shows of them.
func (m MFA) Options() []cognitoidp.MFAOptionType {
	if !m.SMS {
		return nil
	}
	return []cognitoidp.MFAOptionType{{DeliveryMedium: cognitoidp.DeliveryMediumTypeSms, AttributeName: NamePhoneNumber}}
}
