package signin

import (
	"maps"
	"slices"

	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/triggerevent"
)

// A custom sign-in (CUSTOM_AUTH) is decided by three functions of the pool: DefineAuthChallenge says after each round how it goes
// on (rounds.go), CreateAuthChallenge makes the challenges, VerifyAuthChallengeResponse judges the answers
// (docs/cognito/sign-in.md, "Custom sign-ins").

// srpFirst is how a client says, as CHALLENGE_NAME, that the password is to be proven by SRP, and the name of that as a round.
const srpFirst = "SRP_A"

// findToAskFunctions finds whom CUSTOM_AUTH is about.
func findToAskFunctions(a *attempt, tx *db.Tx) error {
	a.guessesAt = atCustom
	if err := a.find(tx); err != nil {
		return err
	}
	if a.User != nil && a.User.Status == cognitoidp.UserStatusTypeExternalProvider {
		a.treatAsUnknown()
	}
	if err := a.sessions().AllowCustom(tx, a.source); err != nil {
		return err
	}
	return a.beginTry(tx)
}

// beginCustom is CUSTOM_AUTH's first step. It judges nothing; the functions say what comes first.
func beginCustom(a *attempt) (*success, error) {
	begun := &challenge.Custom{}
	if a.in.Given["CHALLENGE_NAME"] == srpFirst {
		if err := a.startsWithSRP(); err != nil {
			return nil, err
		}
		begun.SRPA = a.in.Given["SRP_A"]
		begun.Rounds = []triggerevent.Round{{ChallengeName: srpFirst, ChallengeResult: true}}
	}
	if err := a.mayGuessPassword(); err != nil {
		return nil, err
	}
	a.custom = begun
	a.state.Custom = id.NewOrderedUUID(a.now)
	return &success{}, nil
}

func (a *attempt) startsWithSRP() error {
	if err := a.in.require("SRP_A"); err != nil {
		return err
	}
	if !a.keepsVerifiers() {
		return noVerifiers()
	}
	_, err := a.parseSRPA()
	return err
}

// customChallenge is the CUSTOM_CHALLENGE challenge, which functions make and judge.
type customChallenge struct{ bySession }

func (customChallenge) needs() []string { return []string{"ANSWER"} }

func (p customChallenge) challenge(a *attempt) (*Outcome, error) {
	parameters := map[string]string{}
	maps.Copy(parameters, a.public)
	parameters["USERNAME"] = a.srpID()
	return a.askWith(p.step, a.state.Next(a.now), parameters)
}

// judge asks VerifyAuthChallengeResponse. Whether the sign-in goes on after a wrong answer is the functions' decision, so that it
// is no failure here; but it counts, and locks the account for custom challenges.
func (p customChallenge) judge(a *attempt) (*success, error) {
	if err := a.mayGuessPassword(); err != nil {
		return nil, err
	}
	right, err := a.Triggers.VerifyAuthChallengeResponse(
		a.ctx, a.call(triggerevent.Authentication), a.custom.Private, a.in.Given["ANSWER"])
	if err != nil {
		return nil, err
	}
	round := triggerevent.Round{ChallengeName: p.step, ChallengeResult: right}
	if a.custom.Metadata != "" {
		round.ChallengeMetadata = &a.custom.Metadata
	}
	a.custom.Rounds = append(slices.Clone(a.custom.Rounds), round)
	if right {
		return &success{effects: []effect{a.notLocked}}, nil
	}
	return &success{effects: []effect{a.countWrong}}, nil
}

// notLocked is the effect of a right answer to a custom challenge: the lock has the last word. Earlier failures are forgiven
// only when the sign-in has succeeded, or one challenge that is easy would forgive guesses at another.
func (a *attempt) notLocked(tx *db.Tx, _ *user.User) error { return a.try.Allowed(tx) }

// countWrong is the effect of a wrong answer to a custom challenge. What comes from one address is limited by how many sign-ins
// it may begin.
func (a *attempt) countWrong(tx *db.Tx, _ *user.User) error { return a.try.FailAccount(tx) }

// loadCustom reads what the custom sign-in remembers that a state belongs to, if any.
func (a *attempt) loadCustom(tx *db.Tx) (err error) {
	if a.state.Custom == "" {
		return nil
	}
	a.custom, err = a.sessions().Custom(tx, a.state)
	return err
}
