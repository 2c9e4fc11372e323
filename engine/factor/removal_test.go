package factor

import (
	"testing"

	"cardea/record/pool"
	"cardea/record/user"
)

func TestChangeLosesTheOnlySecondFactor(t *testing.T) {
	t.Parallel()
	const email, phone = "email", "phone_number"
	for name, c := range map[string]struct {
		pool    *pool.Pool
		user    *user.User
		contact string
		want    bool
	}{
		"the only one":               {poolOf("ON"), userOf(user.MFA{}, phone), phone, true},
		"preferred, and the only":    {poolOf("ON"), userOf(user.MFA{SMS: true, Preferred: "SMS_MFA"}, phone), phone, true},
		"one of two":                 {poolOf("ON"), userOf(user.MFA{}, phone, email), phone, false},
		"preferred, of two":          {poolOf("ON"), userOf(user.MFA{SMS: true, Preferred: "SMS_MFA"}, phone, email), phone, false},
		"beside a token":             {poolOf("ON"), userOf(user.MFA{Software: true}, phone), phone, false},
		"beside the recovery's":      {poolOf("ON", email), userOf(user.MFA{}, phone, email), phone, true},
		"the recovery's":             {poolOf("ON", email), userOf(user.MFA{}, phone, email), email, false},
		"another attribute":          {poolOf("ON"), userOf(user.MFA{}, phone), "name", false},
		"nothing to lose":            {poolOf("ON"), userOf(user.MFA{}), phone, false},
		"where MFA is optional":      {poolOf("OPTIONAL"), userOf(user.MFA{SMS: true}, phone), phone, false},
		"where there is no MFA":      {poolOf("OFF"), userOf(user.MFA{SMS: true}, phone), phone, false},
		"where it is not offered":    {without(poolOf("ON"), noEmail), userOf(user.MFA{Email: true}, email), email, false},
		"where nothing can be asked": {without(without(poolOf("ON", phone), noEmail), noSoftware), userOf(user.MFA{}, phone), phone, false},
	} {
		after := c.user.Clone()
		delete(after.Attributes, c.contact)
		if got := Loses(c.pool, c.user, after); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if !Loses(poolOf("ON"), userOf(user.MFA{}, email, phone), userOf(user.MFA{})) {
		t.Error("both at once: not lost")
	}
}
