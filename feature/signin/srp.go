package signin

import (
	"encoding/hex"
	"errors"

	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/replay"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// passwordVerifier is the PASSWORD_VERIFIER challenge: an SRP exchange over the password. Its state travels in
// SECRET_BLOCK; choice-based and custom sign-ins have a Session besides, which only the former need. An unknown user gets the salt, verifier and id of a
// stand-in, and fails at the answer like a wrong password (docs/cognito/sign-in.md, "SRP").
type passwordVerifier struct{}

// beginSRP is USER_SRP_AUTH's first step. It judges nothing yet.
func beginSRP(a *attempt) (*success, error) {
	if !a.keepsVerifiers() {
		return nil, noVerifiers()
	}
	if _, err := a.parseSRPA(); err != nil {
		return nil, err
	}
	if err := a.known(); err != nil {
		return nil, err
	}
	return &success{then: passwordVerifier{}}, nil
}

func noVerifiers() error {
	return cognitoidp.InvalidParameter("USER_SRP_AUTH is not available: this user pool keeps no SRP verifiers, only password hashes.")
}

// keepsVerifiers tells whether the pool keeps what SRP needs.
func (a *attempt) keepsVerifiers() bool {
	return a.Passwords.Storage(a.Pool) == pool.PasswordStorageSRP
}

// srpStart is the PASSWORD_SRP challenge of a choice-based sign-in: it asks for the client's half of an exchange. An answer
// proves nothing, so it uses no Session up and is not remembered.
type srpStart struct{ bySession }

func (srpStart) needs() []string { return []string{"SRP_A"} }

func (p srpStart) challenge(a *attempt) (*Outcome, error) {
	return a.askWith(p.step, a.state.Next(a.now), map[string]string{})
}

func (srpStart) judge(a *attempt) (*success, error) {
	if _, err := a.parseSRPA(); err != nil {
		return nil, err
	}
	return &success{then: passwordVerifier{}}, nil
}

const verifierStep = cognitoidp.ChallengeNameTypePasswordVerifier

func (passwordVerifier) needs() []string {
	return []string{"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
}

func (passwordVerifier) challenge(a *attempt) (*Outcome, error) {
	salt, verifier, err := a.verifier()
	if err != nil {
		return nil, err
	}
	st := a.state.Next(a.now)
	public, block, err := a.startExchange(verifierStep, st, verifier)
	if err != nil {
		return nil, err
	}
	out := &Outcome{
		Challenge: verifierStep,
		Parameters: map[string]string{
			"SALT": hex.EncodeToString(salt), "SRP_B": public, "SECRET_BLOCK": block,
			"USERNAME": a.srpID(), "USER_ID_FOR_SRP": a.srpID(),
		},
	}
	if st.Choice || st.Custom != "" {
		out.Session, err = a.sessions().Seal(verifierStep, st)
	}
	return out, err
}

func (passwordVerifier) open(a *attempt, tx *db.Tx) error {
	if err := a.resumeExchange(verifierStep); err != nil {
		return err
	}
	if a.state.Choice || a.state.Custom != "" && a.in.Session != "" {
		return a.sameSession(tx, verifierStep)
	}
	return nil
}

// sameSession sees that the Session of an answer goes with its SECRET_BLOCK.
func (a *attempt) sameSession(tx *db.Tx, step string) error {
	block := a.state
	if err := a.openSession(tx, step); err != nil {
		return err
	}
	if a.state.ID != block.ID {
		return challenge.ErrInvalid
	}
	return nil
}

func (passwordVerifier) judge(a *attempt) (*success, error) {
	if err := a.mayGuessPassword(); err != nil {
		return nil, err
	}
	_, verifier, err := a.verifier()
	if err != nil {
		return nil, err
	}
	holds, err := a.signedBy(srp.Identity{Scope: a.Pool.ID.Short(), User: a.srpID()}, verifier)
	if err != nil {
		return nil, err
	}
	if !holds || a.passwordHolder() == nil {
		return nil, wrongPassword(a.spendBlock)
	}
	return &success{
		proof: factor.Password, source: "Authentication", effects: []effect{a.spendBlockOnce, a.passwordHeld},
	}, nil
}

// spendBlockOnce is the effect that uses the answered block up.
func (a *attempt) spendBlockOnce(tx *db.Tx, _ *user.User) error {
	replay.UseLater(tx, a.Pool.ID, a.state.Spent(), a.blockEnd(), incorrect())
	return nil
}

// verifier is the user's own, or a decoy for who has none.
func (a *attempt) verifier() (salt, verifier []byte, err error) {
	salt, verifier, err = a.Passwords.Verifier(a.Box, a.passwordHolder())
	if !errors.Is(err, password.ErrNoVerifier) {
		return salt, verifier, err
	}
	salt, verifier = password.Decoy(a.Box, a.decoyName())
	return salt, verifier, nil
}

// srpID is USER_ID_FOR_SRP: the user name that the verifier was made with, never an alias.
func (a *attempt) srpID() string {
	if a.User == nil {
		return a.unknownID()
	}
	return a.User.Username
}

// decoyName is what a decoy's salt and verifier are stable for: the user who has none of their own, by whichever name, or
// the stand-in.
func (a *attempt) decoyName() string {
	switch {
	case a.User != nil:
		return "user/" + string(a.User.Sub)
	case a.hidden != nil:
		return "user/" + string(a.hidden.Sub)
	}
	return "unknown/" + a.unknownID()
}
