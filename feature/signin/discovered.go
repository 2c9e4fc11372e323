package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"cardea/engine/challenge"
	"cardea/engine/hosted"
	"cardea/engine/passkey"
	"cardea/platform/db"
	record "cardea/record/passkey"
	"cardea/record/replay"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Ceremony is a passkey asked for before the visitor of the pages has given a name. The pages keep it where only the visitor's
// browser can show it again.
type Ceremony struct {
	Challenge []byte
	Expires   time.Time
}

// DiscoverPasskey makes the options by which a browser offers its passkeys to a visitor who has given no name. They are empty where
// nobody could sign in so. It reads and writes nothing.
func (s *Service) DiscoverPasskey(r *hosted.Request, page string, now time.Time) (options string, c Ceremony, err error) {
	party, err := s.Parties.Of(r.Pool, page)
	if err != nil || !beginsByPasskey(r.Pool, r.Client) {
		return "", c, nil
	}
	options, c.Challenge, err = passkey.Discovery{App: r.App, Party: party}.Begin()
	c.Expires = now.Add(passkey.DiscoveryLife)
	return options, c, err
}

// BeginByPasskey signs in the user of the passkey that answers a ceremony: CREDENTIAL is given, and no name.
func (s *Service) BeginByPasskey(ctx context.Context, in Request, c Ceremony) (*Outcome, error) {
	return s.run(ctx, in, discovered{c})
}

// discovered is the step that begins a sign-in with a passkey, whose user it finds out. It leads where the challenge WEB_AUTHN leads
// once its passkey was chosen, and has its rules.
type discovered struct{ Ceremony }

func (d discovered) load(a *attempt, tx *db.Tx) error {
	a.validation = a.in.Metadata
	if err := a.enter(tx); err != nil {
		return err
	}
	if !beginsByPasskey(a.Pool, a.Client) {
		return cognitoidp.InvalidParameter(choiceFlow.refusal)
	}
	if !tx.Now.Before(d.Expires) {
		return challenge.ErrExpired
	}
	if err := a.source.RateLimited(tx, a.Pool.ID); err != nil {
		return err
	}
	c, err := passkey.Discovery{App: a.App, Party: a.party()}.Find(tx, a.in.Given["CREDENTIAL"])
	if errors.Is(err, passkey.ErrRefused) {
		return nil // the user stays unknown
	}
	if err != nil {
		return err
	}
	return d.find(a, tx, c)
}

// find loads the user of the passkey, and begins a try at their factors.
func (discovered) find(a *attempt, tx *db.Tx, c record.Credential) error {
	u, err := user.Get(tx, a.Pool.ID, c.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.User, a.passkeys, a.found = u, []record.Credential{c}, hosted.NameOf(a.Pool, u)
	a.name = a.Pool.Fold(a.found)
	a.state = challenge.New(a.now, a.name, u)
	a.state.Choice, a.guessesAt = true, atFactor
	return a.beginTry(tx)
}

// askFirst asks PreAuthentication. It is not told of answers that name no user.
func (discovered) askFirst(a *attempt) error {
	if a.User == nil {
		return nil
	}
	return a.askToBegin()
}

func (d discovered) judge(a *attempt) (*success, error) {
	if a.User == nil {
		return nil, &failure{fault: incorrect(), unknown: true}
	}
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	assertion, err := a.ceremony().Finish(d.Challenge, a.in.Given["CREDENTIAL"])
	if errors.Is(err, passkey.ErrRefused) {
		return nil, &failure{fault: incorrect(), use: func(tx *db.Tx) error { return d.unused(a, tx) }}
	}
	if err != nil {
		return nil, err
	}
	if !slices.Contains(a.choices(), cognitoidp.ChallengeNameTypeWebAuthn) {
		return nil, incorrect() // it is right, but would skip a second factor
	}
	return a.proven(assertion, func(tx *db.Tx, _ *user.User) error { return d.spend(a, tx) }), nil
}

func (discovered) judgedInCommit() bool { return false }

// spend uses the ceremony up. All but the first who answer it get challenge.ErrUsed.
func (d discovered) spend(a *attempt, tx *db.Tx) error {
	err := replay.Use(tx, a.Pool.ID, d.name(), d.Expires)
	if errors.Is(err, db.ErrExists) {
		return challenge.ErrUsed
	}
	return err
}

// unused answers challenge.ErrUsed for a ceremony that was used up: a wrong answer to it is no guess.
func (d discovered) unused(a *attempt, tx *db.Tx) error {
	used, err := replay.Used(tx, a.Pool.ID, d.name())
	if err == nil && used {
		return challenge.ErrUsed
	}
	return err
}

func (d discovered) name() string { return "passkey/" + hex.EncodeToString(d.Challenge) }
