package factor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// The code that reads the table relies on these properties of every row.
func TestRowsOfTheTableAreComplete(t *testing.T) {
	t.Parallel()
	for _, f := range Firsts {
		if f.AuthFactor == "" || len(f.Begin) == 0 || f.Has == nil {
			t.Errorf("a first factor lacks something: %+v", f)
		}
	}
	settings, switches := map[string]bool{}, map[*bool]bool{}
	var m user.MFA
	for _, f := range Seconds {
		if f.Setting == "" || f.Offered == nil || f.On == nil || (f.Challenge == "") != (f.Proof == "") {
			t.Errorf("a second factor lacks something: %+v", f)
		}
		if isFirst[f.Proof] {
			t.Errorf("%s is proven by what proves a first factor", f.Setting)
		}
		if (f.Contact == "") != (f.Recovery == "") || f.Contact == "" && f.DeleteUser == nil {
			t.Errorf("%s is neither sent to a contact nor stored", f.Setting)
		}
		if f.Offered(&cognitoidp.GetUserPoolMfaConfigResponse{}) {
			t.Errorf("%s is offered by a pool without configuration", f.Setting)
		}
		if settings[f.Setting] || switches[f.On(&m)] {
			t.Errorf("%s is another factor's", f.Setting)
		}
		settings[f.Setting], switches[f.On(&m)] = true, true
	}
}

func TestSettingsAreListedInOneOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mfa  user.MFA
		want []string
	}{
		"nothing":                  {user.MFA{}, nil},
		"all":                      {user.MFA{SMS: true, Email: true, Software: true, Passkey: true}, []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN_MFA"}},
		"a token without settings": {user.MFA{Email: true, Software: true, SoftwareUnset: true}, []string{"EMAIL_OTP"}},
	} {
		if diff := cmp.Diff(c.want, Listed(c.mfa)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	m := user.MFA{Software: true, SoftwareUnset: true}
	software.Set(&m, true)
	if diff := cmp.Diff(user.MFA{Software: true}, m); diff != "" {
		t.Errorf("a token that is set (-want +got):\n%s", diff)
	}
}
