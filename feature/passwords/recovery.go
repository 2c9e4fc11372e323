package passwords

import (
	"cardea/engine/factor"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// usualAttribute is where the reset codes of most users go: the preferred attribute of those that the pool verifies.
func usualAttribute(p *pool.Pool) string {
	order := factor.RecoveryOrder(p)
	for _, attribute := range order {
		if p.AutoVerifies(attribute) {
			return attribute
		}
	}
	return order[len(order)-1] // in the legacy order the e-mail address
}

func unreachable() error {
	return cognitoidp.InvalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
}

func unresettable() error {
	return cognitoidp.NotAuthorized("User password cannot be reset in the current state.")
}
