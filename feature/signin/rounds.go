package signin

import (
	"cmp"
	"slices"

	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// mostRounds bounds how many rounds a custom sign-in may have.
const mostRounds = 100

// roundsOf are the rounds that functions are told of for what Cognito itself has proven.
var roundsOf = map[factor.Proof][]string{
	factor.Password:      {cognitoidp.ChallengeNameTypePasswordVerifier},
	factor.SMS:           {cognitoidp.ChallengeNameTypeSmsMfa},
	factor.Email:         {cognitoidp.ChallengeNameTypeEmailOtp},
	factor.SoftwareToken: {cognitoidp.ChallengeNameTypeSoftwareTokenMfa},
	factor.Device:        {cognitoidp.ChallengeNameTypeDeviceSrpAuth, cognitoidp.ChallengeNameTypeDevicePasswordVerifier},
}

// functionsDecide tells whether it is the functions' turn to say how a custom sign-in goes on. It is not while Cognito's own
// rules ask for more after a password: another password, or a second factor. What becomes due later is asked for at the end.
func (a *attempt) functionsDecide() (bool, error) {
	if a.state.Custom == "" {
		return false, nil
	}
	if a.guessesAt == atCustom || !slices.Contains(a.state.Proven, factor.Password) {
		return true, nil
	}
	missing, err := factor.Next(a.Pool, a.expected(), a.state.Proven)
	return missing.Challenge == "", err
}

// askFunctions asks DefineAuthChallenge how a custom sign-in goes on, and CreateAuthChallenge for a challenge of its own. What
// they answer is stored with the effects of the answer before it: neither counts without the other.
func (a *attempt) askFunctions() error {
	c := *a.custom
	for _, proof := range a.state.Proven[c.Told:] {
		for _, name := range roundsOf[proof] {
			c.Rounds = append(c.Rounds, triggerevent.Round{ChallengeName: name, ChallengeResult: true})
		}
	}
	c.Told, c.Private, c.Metadata = len(a.state.Proven), nil, ""
	a.custom = &c

	next := trigger.Next{Fail: true}
	if len(c.Rounds) < mostRounds {
		var err error
		next, err = a.Triggers.DefineAuthChallenge(a.ctx, a.call(triggerevent.Authentication), c.Rounds, a.settable())
		if err != nil {
			return err
		}
	}
	a.state.Round++
	switch {
	case next.Fail, next.Tokens && a.User == nil:
		a.refusal = incorrect()
		a.done.effects = append(a.done.effects, a.keepRound(a.state, nil))
		return nil
	case next.Tokens:
		return a.succeedCustom()
	}
	return a.openRound(next.Challenge)
}

// succeedCustom ends a custom sign-in as its functions say. Cognito's rules have the last word.
func (a *attempt) succeedCustom() error {
	a.done.effects = append(a.done.effects, a.endRounds(a.state))
	a.state.Custom, a.state.Round = "", 0
	a.state.Source = cmp.Or(a.state.Source, string(triggerevent.Authentication))
	a.state = a.state.With(factor.Custom)
	return a.followRules()
}

// openRound goes on with a challenge that the functions have named.
func (a *attempt) openRound(name string) error {
	switch name {
	case cognitoidp.ChallengeNameTypeCustomChallenge:
		made, err := a.Triggers.CreateAuthChallenge(a.ctx, a.call(triggerevent.Authentication), name, a.custom.Rounds)
		if err != nil {
			return err
		}
		a.public = made.Public
		a.custom.Private, a.custom.Metadata = made.Private, made.Metadata
		if a.custom.Private == nil {
			a.custom.Private = map[string]string{}
		}
	case srpFirst:
		name = verifierStep
	}
	a.next = proofs[name]
	a.done.effects = append(a.done.effects, a.keepRound(a.state, a.custom))
	return nil
}

// settable are the challenges that DefineAuthChallenge may name now: its own, the password if the client has sent its half of an
// exchange, and the factors that the user has.
func (a *attempt) settable() []string {
	list := []string{cognitoidp.ChallengeNameTypeCustomChallenge}
	if a.custom.SRPA != "" && !slices.Contains(a.state.Proven, factor.Password) {
		list = append(list, verifierStep, srpFirst)
	}
	if a.User == nil {
		return list
	}
	if a.device.standsIn != nil {
		list = append(list, askDevice.step)
	}
	return append(list, factor.Askable(a.Pool, a.expected())...)
}

// keepRound is the effect that stores the round which a custom sign-in has come to, or that it has failed if c is nil.
func (a *attempt) keepRound(st challenge.State, c *challenge.Custom) effect {
	return func(tx *db.Tx, _ *user.User) error {
		if st.Round == 1 {
			return a.sessions().BeginCustom(tx, st, c, a.source)
		}
		return a.sessions().NextCustom(tx, st, c)
	}
}

// endRounds is the effect of a custom sign-in that has succeeded: wrong answers to custom challenges are forgiven.
func (a *attempt) endRounds(st challenge.State) effect {
	return func(tx *db.Tx, u *user.User) error {
		if st.Round > 1 {
			if err := a.sessions().EndCustom(tx, st); err != nil {
				return err
			}
		}
		return lockout.Reset(tx, a.Pool.ID, lockout.Custom(u.Sub))
	}
}
