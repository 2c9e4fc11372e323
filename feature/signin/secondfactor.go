package signin

import (
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// secondFactor stands where the challenges of multi-factor authentication will: after the password, before tokens. A
// pool that requires a second factor gets no tokens without one.
type secondFactor struct{}

func (secondFactor) needs() []string { return nil }

func (s secondFactor) open(*turn, *db.Tx) (mismatch, err error) { return nil, s.refuse() }

func (s secondFactor) challenge(*turn) (*Outcome, error) { return nil, s.refuse() }

func (s secondFactor) verify(*turn) (*pass, error) { return nil, s.refuse() }

func (secondFactor) refuse() error {
	return cognitoidp.InvalidUserPoolConfiguration(
		"The user pool requires multi-factor authentication, which Cardea does not offer yet.")
}
