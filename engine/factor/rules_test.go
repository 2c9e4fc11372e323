package factor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// poolOf is a pool that has all second factors, in a mode; recovery are the attributes that passwords are reset by, the
// first first.
func poolOf(mode string, recovery ...string) *pool.Pool {
	p := &pool.Pool{MFA: cognitoidp.GetUserPoolMfaConfigResponse{
		MfaConfiguration:              mode,
		SmsMfaConfiguration:           &cognitoidp.SmsMfaConfigType{},
		EmailMfaConfiguration:         &cognitoidp.EmailMfaConfigType{},
		SoftwareTokenMfaConfiguration: &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true},
		WebAuthnConfiguration: &cognitoidp.WebAuthnConfigurationType{
			FactorConfiguration: cognitoidp.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification,
		},
	}}
	for i, attribute := range recovery {
		if i == 0 {
			p.Doc.AccountRecoverySetting = &cognitoidp.AccountRecoverySettingType{}
		}
		setting := p.Doc.AccountRecoverySetting
		setting.RecoveryMechanisms = append(setting.RecoveryMechanisms, cognitoidp.RecoveryOptionType{
			Name: "verified_" + attribute, Priority: int64(i + 1),
		})
	}
	return p
}

// without takes a second factor from a pool.
func without(p *pool.Pool, change func(c *cognitoidp.GetUserPoolMfaConfigResponse)) *pool.Pool {
	change(&p.MFA)
	return p
}

func noSoftware(c *cognitoidp.GetUserPoolMfaConfigResponse) { c.SoftwareTokenMfaConfiguration = nil }

func noEmail(c *cognitoidp.GetUserPoolMfaConfigResponse) { c.EmailMfaConfiguration = nil }

// userOf is a confirmed user with some of the addresses "email" and "phone_number", verified.
func userOf(factors user.MFA, addresses ...string) *user.User {
	u := &user.User{Status: cognitoidp.UserStatusTypeConfirmed, MFA: factors, Attributes: map[string]string{}}
	for _, name := range addresses {
		u.Attributes[name], u.Attributes[name+"_verified"] = "?", "true"
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
		err     error
	}{
		"off":                           {poolOf("OFF"), userOf(user.MFA{SMS: true, Software: true}, "phone_number"), "", nil, nil},
		"optional, nothing on":          {poolOf("OPTIONAL"), userOf(user.MFA{}, "email", "phone_number"), "", nil, nil},
		"optional, one on":              {poolOf("OPTIONAL"), userOf(user.MFA{SMS: true}, "email", "phone_number"), "SMS_MFA", nil, nil},
		"optional, on without a number": {poolOf("OPTIONAL"), userOf(user.MFA{SMS: true}, "email"), "", nil, nil},
		"optional, two on":              {poolOf("OPTIONAL"), userOf(user.MFA{SMS: true, Software: true}, "phone_number"), "SELECT_MFA_TYPE", []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}, nil},
		"optional, one preferred":       {poolOf("OPTIONAL"), userOf(user.MFA{SMS: true, Software: true, Preferred: "SMS_MFA"}, "phone_number"), "SMS_MFA", nil, nil},
		"on, one address":               {poolOf("ON"), userOf(user.MFA{}, "email"), "EMAIL_OTP", nil, nil},
		"on, two addresses":             {poolOf("ON"), userOf(user.MFA{}, "email", "phone_number"), "SELECT_MFA_TYPE", []string{"SMS_MFA", "EMAIL_OTP"}, nil},
		"on, one is for recovery":       {poolOf("ON", "email"), userOf(user.MFA{}, "email", "phone_number"), "SMS_MFA", nil, nil},
		"on, the only is for recovery":  {poolOf("ON", "email"), userOf(user.MFA{}, "email"), "MFA_SETUP", []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}, nil},
		"on, nothing":                   {poolOf("ON"), userOf(user.MFA{}), "MFA_SETUP", []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}, nil},
		"on, a phone to set up":         {without(poolOf("ON"), noEmail), userOf(user.MFA{}, "email"), "MFA_SETUP", []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}, nil},
		"on, only a phone to set up":    {without(without(poolOf("ON"), noEmail), noSoftware), userOf(user.MFA{}, "email"), "", nil, ErrNoMethod},
		"on, only the one for recovery": {without(poolOf("ON", "email"), noSoftware), userOf(user.MFA{}, "email", "phone_number"), "SMS_MFA", nil, nil},
		"on, nothing but for recovery":  {without(poolOf("ON", "phone_number"), noSoftware), userOf(user.MFA{}, "phone_number"), "MFA_SETUP", []string{"EMAIL_OTP"}, nil},
		"on, a token and an address":    {poolOf("ON"), userOf(user.MFA{Software: true}, "email"), "SELECT_MFA_TYPE", []string{"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}, nil},
		"on, the token preferred":       {poolOf("ON"), userOf(user.MFA{Software: true, Preferred: "SOFTWARE_TOKEN_MFA"}, "email"), "SOFTWARE_TOKEN_MFA", nil, nil},
	} {
		step, err := Next(c.pool, c.user, []Proof{Password})
		if step.Challenge != c.want || err != c.err || !cmp.Equal(step.Options, c.options) {
			t.Errorf("%s: %+v, %v; want %s %v, %v", name, step, err, c.want, c.options, c.err)
		}
	}
}

func TestWhichProofsAreEnough(t *testing.T) {
	t.Parallel()
	texting := userOf(user.MFA{SMS: true}, "email", "phone_number")
	tokened := userOf(user.MFA{Software: true, Preferred: "SOFTWARE_TOKEN_MFA"}, "email", "phone_number")
	keyed := userOf(user.MFA{SMS: true, Passkey: true}, "phone_number")
	list := func(proofs ...Proof) []Proof { return proofs }
	for name, c := range map[string]struct {
		pool   *pool.Pool
		user   *user.User
		proofs []Proof
		want   bool
	}{
		"nothing":                           {poolOf("OFF"), texting, nil, false},
		"a second factor alone":             {poolOf("OFF"), texting, list(SMS), false},
		"a first factor":                    {poolOf("OFF"), texting, list(EmailOTP), true},
		"no second":                         {poolOf("OPTIONAL"), texting, list(Password), false},
		"both":                              {poolOf("OPTIONAL"), texting, list(Password, SMS), true},
		"one that is switched off":          {poolOf("OPTIONAL"), texting, list(Password, Email), false},
		"one that another was preferred to": {poolOf("ON"), tokened, list(Password, SMS), false},
		"the preferred":                     {poolOf("ON"), tokened, list(Password, SoftwareToken), true},
		"a token that was deleted":          {poolOf("ON"), userOf(user.MFA{}), list(Password, SoftwareToken), false},
		"a device":                          {poolOf("ON"), texting, list(Password, Device), true},
		"a device without a password":       {poolOf("ON"), texting, list(Device), false},
		"two codes":                         {poolOf("OPTIONAL"), texting, list(EmailOTP, SMS), false},
		"a code and a device":               {poolOf("OPTIONAL"), texting, list(EmailOTP, Device), false},
		"a sign-up and a code":              {poolOf("OPTIONAL"), texting, list(SignUp, SMS), false},
		"a passkey":                         {poolOf("OPTIONAL"), keyed, list(Passkey), false},
		"a passkey and a code":              {poolOf("OPTIONAL"), keyed, list(Passkey, SMS), true},
		"a passkey that is both":            {poolOf("OPTIONAL"), keyed, list(VerifiedKey), true},
		"a passkey that is not switched on": {poolOf("OPTIONAL"), texting, list(VerifiedKey), false},
		"a passkey where one is demanded":   {poolOf("ON"), userOf(user.MFA{}), list(VerifiedKey), true},
	} {
		if got := Satisfied(c.pool, c.user, c.proofs); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	invited := userOf(user.MFA{})
	invited.Status = cognitoidp.UserStatusTypeForceChangePassword
	if Satisfied(poolOf("OFF"), invited, list(Password)) {
		t.Error("a temporary password is enough")
	}
}

func TestFunctionsDecideUnlessThereWasAPassword(t *testing.T) {
	t.Parallel()
	u := userOf(user.MFA{SMS: true}, "phone_number")
	for _, c := range []struct {
		proofs []Proof
		want   string
	}{
		{[]Proof{Custom}, ""},
		{[]Proof{SMS, Custom}, ""},
		{[]Proof{Password, Custom}, "SMS_MFA"},
		{[]Proof{Password, SMS, Custom}, ""},
	} {
		step, err := Next(poolOf("ON"), u, c.proofs)
		if err != nil || step.Challenge != c.want {
			t.Errorf("after %v: %q, %v, want %q", c.proofs, step.Challenge, err, c.want)
		}
	}
	u.Status = cognitoidp.UserStatusTypeForceChangePassword
	if step, err := Next(poolOf("ON"), u, []Proof{Custom}); err != nil || step.Challenge != "NEW_PASSWORD_REQUIRED" {
		t.Errorf("an invited user: %q, %v", step.Challenge, err)
	}
}

func TestUsersCanBeAskedForWhatTheyHaveSwitchedOn(t *testing.T) {
	t.Parallel()
	u := userOf(user.MFA{SMS: true, Email: true, Software: true, Passkey: true}, "email")
	for mode, want := range map[string][]string{"OFF": nil, "OPTIONAL": {"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}, "ON": {"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}} {
		if diff := cmp.Diff(want, Askable(poolOf(mode), u)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
	}
}
