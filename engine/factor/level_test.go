package factor

import (
	"slices"
	"testing"
)

func TestLevelsAndMethodsFollowFromProofs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proofs  []Proof
		level   int
		methods []string
	}{
		{[]Proof{Password}, 1, []string{"pwd"}},
		{[]Proof{EmailOTP}, 1, []string{"otp"}},
		{[]Proof{Custom}, 1, nil},
		{[]Proof{SignUp}, 1, nil},
		{[]Proof{Passkey}, 2, []string{"pop"}},
		{[]Proof{Password, SoftwareToken}, 3, []string{"pwd", "otp", "mfa"}},
		{[]Proof{Password, SMS}, 3, []string{"pwd", "otp", "mfa"}},
		{[]Proof{Password, Device}, 3, []string{"pwd", "mfa"}},
		{[]Proof{VerifiedKey}, 4, []string{"pop", "mfa"}},
		{[]Proof{Federated}, 1, nil},
		{[]Proof{FederatedAt(0)}, 1, nil},
		{[]Proof{FederatedAt(2)}, 2, nil},
		{[]Proof{FederatedAt(3)}, 3, []string{"mfa"}},
		{[]Proof{FederatedAt(4)}, 4, []string{"mfa"}},
		{[]Proof{FederatedAt(2), SoftwareToken}, 3, []string{"otp", "mfa"}},
		{[]Proof{Passkey, Email}, 4, []string{"pop", "otp", "mfa"}},
	} {
		if got := Level(c.proofs); got != c.level || !slices.Equal(Methods(c.proofs), c.methods) {
			t.Errorf("%v: level %d, %v; want %d, %v", c.proofs, got, Methods(c.proofs), c.level, c.methods)
		}
	}
}
