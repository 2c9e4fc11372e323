package user

import "cardea/spec/cognitoidp"

// Options is what MFAOptions, which is older than all factors but SMS, shows of them.
func (m MFA) Options() []cognitoidp.MFAOptionType {
	if !m.SMS {
		return nil
	}
	return []cognitoidp.MFAOptionType{{DeliveryMedium: cognitoidp.DeliveryMediumTypeSms, AttributeName: NamePhoneNumber}}
}
