package factor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// house is a pool that has all second factors, in a mode; recovery is the attribute that passwords are reset by first.
func house(mode, recovery string) *pool.Pool {
	p := &pool.Pool{MFA: cognitoidp.GetUserPoolMfaConfigResponse{
		MfaConfiguration:              mode,
		SmsMfaConfiguration:           &cognitoidp.SmsMfaConfigType{},
		EmailMfaConfiguration:         &cognitoidp.EmailMfaConfigType{},
		SoftwareTokenMfaConfiguration: &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true},
		WebAuthnConfiguration: &cognitoidp.WebAuthnConfigurationType{
			FactorConfiguration: cognitoidp.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification,
		},
	}}
	if recovery != "" {
		p.Doc.AccountRecoverySetting = &cognitoidp.AccountRecoverySettingType{
			RecoveryMechanisms: []cognitoidp.RecoveryOptionType{{Name: "verified_" + recovery, Priority: 1}},
		}
	}
	return p
}

// jane is a confirmed user with some of the addresses "email" and "phone_number".
func jane(factors user.MFA, addresses ...string) *user.User {
	u := &user.User{Status: cognitoidp.UserStatusTypeConfirmed, MFA: factors, Attributes: map[string]string{}}
	for _, name := range addresses {
		u.Attributes[name] = "?"
	}
	return u
}

func TestWhatIsAskedAfterThePassword(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool    *pool.Pool
		user    *user.User
		want    string
		options []string
		refused bool
	}{
		"off":                           {house("OFF", ""), jane(user.MFA{SMS: true, Software: true}, "phone_number"), "", nil, false},
		"optional, nothing on":          {house("OPTIONAL", ""), jane(user.MFA{}, "email", "phone_number"), "", nil, false},
		"optional, one on":              {house("OPTIONAL", ""), jane(user.MFA{SMS: true}, "email", "phone_number"), "SMS_MFA", nil, false},
		"optional, on without a number": {house("OPTIONAL", ""), jane(user.MFA{SMS: true}, "email"), "", nil, false},
		"optional, two on":              {house("OPTIONAL", ""), jane(user.MFA{SMS: true, Software: true}, "phone_number"), "SELECT_MFA_TYPE", []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}, false},
		"optional, one preferred":       {house("OPTIONAL", ""), jane(user.MFA{SMS: true, Software: true, Preferred: "SMS_MFA"}, "phone_number"), "SMS_MFA", nil, false},
		"on, one address":               {house("ON", ""), jane(user.MFA{}, "email"), "EMAIL_OTP", nil, false},
		"on, two addresses":             {house("ON", ""), jane(user.MFA{}, "email", "phone_number"), "SELECT_MFA_TYPE", []string{"SMS_MFA", "EMAIL_OTP"}, false},
		"on, one is for recovery":       {house("ON", "email"), jane(user.MFA{}, "email", "phone_number"), "SMS_MFA", nil, false},
		"on, the only is for recovery":  {house("ON", "email"), jane(user.MFA{}, "email"), "MFA_SETUP", []string{"SOFTWARE_TOKEN_MFA"}, false},
		"on, nothing":                   {house("ON", ""), jane(user.MFA{}), "MFA_SETUP", []string{"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}, false},
		"on, a token and an address":    {house("ON", ""), jane(user.MFA{Software: true}, "email"), "SELECT_MFA_TYPE", []string{"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}, false},
		"on, the token preferred":       {house("ON", ""), jane(user.MFA{Software: true, Preferred: "SOFTWARE_TOKEN_MFA"}, "email"), "SOFTWARE_TOKEN_MFA", nil, false},
	} {
		step, refused := Next(c.pool, c.user, []Proof{Password})
		if step.Challenge != c.want || refused != c.refused || !cmp.Equal(step.Options, c.options) {
			t.Errorf("%s: %+v, refused %v; want %s %v", name, step, refused, c.want, c.options)
		}
	}
}

func TestWhichProofsAreEnough(t *testing.T) {
	t.Parallel()
	texting := jane(user.MFA{SMS: true}, "email", "phone_number")
	tokened := jane(user.MFA{Software: true, Preferred: "SOFTWARE_TOKEN_MFA"}, "email", "phone_number")
	keyed := jane(user.MFA{SMS: true, Passkey: true}, "phone_number")
	list := func(proofs ...Proof) []Proof { return proofs }
	for name, c := range map[string]struct {
		pool   *pool.Pool
		user   *user.User
		proofs []Proof
		want   bool
	}{
		"nothing":                           {house("OFF", ""), texting, nil, false},
		"a second factor alone":             {house("OFF", ""), texting, list(SMS), false},
		"a first factor":                    {house("OFF", ""), texting, list(EmailOTP), true},
		"no second":                         {house("OPTIONAL", ""), texting, list(Password), false},
		"both":                              {house("OPTIONAL", ""), texting, list(Password, SMS), true},
		"one that is switched off":          {house("OPTIONAL", ""), texting, list(Password, Email), false},
		"one that another was preferred to": {house("ON", ""), tokened, list(Password, SMS), false},
		"the preferred":                     {house("ON", ""), tokened, list(Password, SoftwareToken), true},
		"a token that was deleted":          {house("ON", ""), jane(user.MFA{}), list(Password, SoftwareToken), false},
		"a device":                          {house("ON", ""), texting, list(Password, Device), true},
		"a device without a password":       {house("ON", ""), texting, list(Device), false},
		"two codes":                         {house("OPTIONAL", ""), texting, list(EmailOTP, SMS), false},
		"a code and a device":               {house("OPTIONAL", ""), texting, list(EmailOTP, Device), false},
		"a sign-up and a code":              {house("OPTIONAL", ""), texting, list(SignUp, SMS), false},
		"a passkey":                         {house("OPTIONAL", ""), keyed, list(Passkey), false},
		"a passkey and a code":              {house("OPTIONAL", ""), keyed, list(Passkey, SMS), true},
		"a passkey that is both":            {house("OPTIONAL", ""), keyed, list(VerifiedKey), true},
		"a passkey that is not switched on": {house("OPTIONAL", ""), texting, list(VerifiedKey), false},
		"a passkey where one is demanded":   {house("ON", ""), jane(user.MFA{}), list(VerifiedKey), true},
	} {
		if got := Satisfied(c.pool, c.user, c.proofs); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	invited := jane(user.MFA{})
	invited.Status = cognitoidp.UserStatusTypeForceChangePassword
	if Satisfied(house("OFF", ""), invited, list(Password)) {
		t.Error("a temporary password is enough")
	}
}
