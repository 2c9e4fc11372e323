package signin

import (
	"cardea/engine/trigger"
)

// Who has a say in a sign-in besides its rules: the triggers of the pool, in the order of docs/cognito/triggers.md,
// "Order". They are asked outside every transaction, and before the commit that would act on their answers, so that a
// refusal leaves nothing behind: no session, no eviction, no used code, no message. Triggers cannot be invoked yet: one
// that is configured refuses.

// triggers are those that a sign-in may have to invoke.
var triggers = []string{
	trigger.PreAuthentication, trigger.PostAuthentication, trigger.PreTokenGeneration, trigger.CustomMessage, trigger.UserMigration,
}

// asksOutside tells whether anybody would have to be asked.
func (a *attempt) asksOutside() bool {
	return trigger.Refuse(a.Pool.Doc.LambdaConfig, triggers...) != nil
}

// askToBegin asks PreAuthentication, before anything is judged. While triggers cannot be invoked, it also refuses what those
// at the end would have a say in, before the user has gone to the trouble of proving anything.
func (a *attempt) askToBegin() error {
	return trigger.Refuse(a.Pool.Doc.LambdaConfig,
		trigger.PreAuthentication, trigger.PostAuthentication, trigger.PreTokenGeneration)
}

// askToMigrate asks UserMigration for a user whom the pool does not know.
func (a *attempt) askToMigrate() error {
	return trigger.Refuse(a.Pool.Doc.LambdaConfig, trigger.UserMigration)
}

// ask asks, once it is decided what comes next: CustomMessage where the next challenge sends a message, PostAuthentication
// and PreTokenGeneration where nothing is missing.
func (a *attempt) ask() error {
	if a.next != nil {
		if p, ok := a.next.(poster); ok {
			return p.compose(a)
		}
		return nil
	}
	return trigger.Refuse(a.Pool.Doc.LambdaConfig, trigger.PostAuthentication, trigger.PreTokenGeneration)
}
