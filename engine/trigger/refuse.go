package trigger

import (
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// UnavailableError says that a pool has a trigger which this server does not ask yet.
type UnavailableError struct {
	Trigger triggerevent.Trigger
}

func (e *UnavailableError) Error() string {
	return "the trigger " + string(e.Trigger) + " cannot be invoked"
}

// Refuse answers *UnavailableError when the pool has one of the triggers, and nil when it has none of them. Call it where
// the trigger would be asked.
func Refuse(cfg *cognitoidp.LambdaConfigType, triggers ...triggerevent.Trigger) error {
	for _, t := range triggers {
		if Configured(cfg, t) {
			return &UnavailableError{t}
		}
	}
	return nil
}
