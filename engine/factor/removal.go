package factor

import (
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Loses tells whether a change of a user's attributes takes away the only second factor that a pool with MFA ON could ask
// them for: they would have to set up another, or could not sign in.
func Loses(p *pool.Pool, before, after *user.User) bool {
	return mode(p) == cognitoidp.UserPoolMfaTypeOn && hasSecond(p, before) && !hasSecond(p, after)
}

// hasSecond tells whether there is a second factor to ask a user for after their password, whatever their status.
func hasSecond(p *pool.Pool, u *user.User) bool {
	step, _ := second(p, u) // without a method nothing is asked for
	return len(step.asked()) > 0
}
