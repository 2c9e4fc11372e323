package signin

import (
	"slices"

	"cardea/engine/device"
	"cardea/engine/factor"
	"cardea/engine/trigger"
	"cardea/spec/triggerevent"
)

// The triggers of a pool are asked in the order of docs/cognito/triggers.md: outside every transaction, and before the commit
// that acts on their answers, so that a refusal leaves nothing behind: no session, no eviction, no used code, no message.

// asksOutside tells whether triggers may have to be asked once an answer is judged.
func (a *attempt) asksOutside() bool {
	return a.custom != nil || trigger.Configured(a.Pool.Doc.LambdaConfig,
		triggerevent.PostAuthentication, triggerevent.PreTokenGeneration, triggerevent.CustomMessage)
}

// askToBegin asks PreAuthentication, before anything is judged; about a user who does not exist only where the app must not
// know. It gets the ClientMetadata of the request as validation data, as UserMigration does; the triggers that come later see
// the metadata of answers (docs/cognito/triggers.md).
func (a *attempt) askToBegin() error {
	if a.User == nil && !a.Client.HidesUsers() {
		return nil
	}
	c := a.call(triggerevent.Authentication)
	c.Data = a.validation
	return a.Triggers.PreAuthentication(a.ctx, c)
}

// ask asks the functions of a custom sign-in where they decide what comes next, and once that is decided: CustomMessage where
// the next challenge sends a message, PostAuthentication and PreTokenGeneration where nothing is missing.
func (a *attempt) ask() error {
	if a.undecided {
		if err := a.askFunctions(); err != nil {
			return err
		}
	}
	if a.refusal != nil {
		return nil
	}
	if a.next != nil {
		if p, ok := a.next.(poster); ok {
			return p.compose(a)
		}
		return nil
	}
	newDevice := device.Tracks(a.Pool) && !a.device.known
	if err := a.Triggers.PostAuthentication(a.ctx, a.call(triggerevent.Authentication), newDevice); err != nil {
		return err
	}
	return a.ending.ask(a)
}

// occasion is what the tokens are made for, as PreTokenGeneration is told.
func (a *attempt) occasion() triggerevent.Occasion {
	if slices.Contains(a.state.Proven, factor.Device) {
		return triggerevent.AuthenticateDevice
	}
	return triggerevent.Occasion(a.state.Source)
}

// call is what triggers are told about the sign-in.
func (a *attempt) call(occasion triggerevent.Occasion) trigger.Call {
	c := trigger.Call{App: a.App, Occasion: occasion, User: a.User, Username: a.name, Metadata: a.metadata}
	if a.decision.done != nil {
		c.User = a.expected()
	}
	if c.User != nil {
		c.Username = c.User.Username
	}
	return c
}
