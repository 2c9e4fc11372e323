package factor

import (
	"testing"

	"cardea/record/pool"
	"cardea/record/user"
)

func TestRecoveryUsesNoContactOfTheSecondFactor(t *testing.T) {
	t.Parallel()
	const email, phone = "email", "phone_number"
	tokened := user.MFA{Software: true, Preferred: "SOFTWARE_TOKEN_MFA"}
	for name, c := range map[string]struct {
		pool *pool.Pool
		user *user.User
		want string
	}{
		"off":                                 {poolOf("OFF", phone, email), userOf(user.MFA{SMS: true}, email, phone), phone},
		"optional, nothing on":                {poolOf("OPTIONAL", phone, email), userOf(user.MFA{}, email, phone), phone},
		"optional, the first is on":           {poolOf("OPTIONAL", phone, email), userOf(user.MFA{SMS: true}, email, phone), email},
		"optional, both are on":               {poolOf("OPTIONAL", phone, email), userOf(user.MFA{SMS: true, Email: true}, email, phone), ""},
		"optional, the other is preferred":    {poolOf("OPTIONAL", phone, email), userOf(user.MFA{SMS: true, Email: true, Preferred: "EMAIL_OTP"}, email, phone), ""},
		"on, both":                            {poolOf("ON", phone, email), userOf(user.MFA{}, email, phone), phone},
		"on, the only contact is asked for":   {poolOf("ON", phone, email), userOf(user.MFA{}, email), ""},
		"on, the only contact is the primary": {poolOf("ON", email, phone), userOf(user.MFA{}, email), email},
		"on, a token is preferred":            {poolOf("ON", phone, email), userOf(tokened, email), email},
		"on, a token beside the contact":      {poolOf("ON", phone, email), userOf(user.MFA{Software: true}, email), ""},
		"on, the factor is not offered":       {without(poolOf("ON", phone, email), noEmail), userOf(user.MFA{Email: true}, email), email},
		"legacy":                              {poolOf("ON"), userOf(user.MFA{SMS: true}, email, phone), phone},
		"administrators alone":                {poolOf("ON", "administrators"), userOf(user.MFA{}, email, phone), ""},
	} {
		if got := Recovery(c.pool, c.user); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	unverified := userOf(user.MFA{}, email)
	unverified.Attributes["email_verified"] = "false"
	if got := Recovery(poolOf("OFF", email), unverified); got != "" {
		t.Errorf("unverified: %q", got)
	}
}

// No user recovers the password by a contact that would also get the code of the second factor, whatever is switched on and
// however the pool is set.
func TestNoContactIsBothFactors(t *testing.T) {
	t.Parallel()
	settings := [][]string{{"email"}, {"phone_number"}, {"email", "phone_number"}, {"phone_number", "email"}}
	contacts := [][]string{nil, {"email"}, {"phone_number"}, {"email", "phone_number"}}
	for bits := range 1 << 5 {
		on := func(bit int) bool { return bits>>bit&1 == 1 }
		m := user.MFA{SMS: on(0), Email: on(1), Software: on(2)}
		for _, preferred := range []string{"", "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"} {
			m.Preferred = preferred
			for _, setting := range settings {
				for _, has := range contacts {
					p := poolOf(map[bool]string{true: "ON", false: "OPTIONAL"}[on(3)], setting...)
					if on(4) {
						noSoftware(&p.MFA)
					}
					u := userOf(m, has...)
					contact := Recovery(p, u)
					step, _ := Next(p, u, []Proof{Password})
					for _, f := range step.asked() {
						if contact != "" && f.Contact == contact {
							t.Fatalf("%s recovers and is asked for: %s, %v, %+v, %v", contact, p.MFA.MfaConfiguration, setting, m, has)
						}
					}
				}
			}
		}
	}
}
