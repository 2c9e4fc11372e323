package signin

import (
	"encoding/hex"
	"errors"
	"fmt"

	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// passwordVerifier is the PASSWORD_VERIFIER challenge: an SRP exchange over the password. Its state travels in
// SECRET_BLOCK; only a choice-based sign-in has a Session besides. A name that is nobody's gets a stable decoy of salt,
// verifier and id, and fails at the answer like a wrong password (02-auth-flows §4).
type passwordVerifier struct{}

// beginSRP is USER_SRP_AUTH's first step.
func beginSRP(t *turn) (*Outcome, error) {
	if !t.keepsVerifiers() {
		return nil, cognitoidp.InvalidParameter("USER_SRP_AUTH is not available: this user pool keeps no SRP verifiers, only password hashes.")
	}
	if t.user == nil && !t.Client.HidesUsers() {
		return nil, cognitoidp.UserNotFound("User does not exist.")
	}
	if err := t.untriggered(); err != nil {
		return nil, err
	}
	return passwordVerifier{}.challenge(t)
}

// keepsVerifiers tells whether the pool keeps what SRP needs.
func (t *turn) keepsVerifiers() bool {
	return t.Passwords.Storage(t.Pool) == pool.PasswordStorageSRP
}

// srpStart is the PASSWORD_SRP challenge of a choice-based sign-in: it asks for the client's half of an exchange.
type srpStart struct{ bySession }

func (srpStart) needs() []string { return []string{"SRP_A"} }

func (p srpStart) challenge(t *turn) (*Outcome, error) {
	return t.ask(p.step, t.state.Next(t.now), map[string]string{})
}

func (srpStart) verify(t *turn) (*pass, error) {
	if _, err := t.parseSRPA(); err != nil {
		return nil, err
	}
	return &pass{effects: []effect{t.spendSession}, then: passwordVerifier{}}, nil
}

const verifierStep = cognitoidp.ChallengeNameTypePasswordVerifier

func (passwordVerifier) needs() []string {
	return []string{"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
}

func (passwordVerifier) challenge(t *turn) (*Outcome, error) {
	salt, verifier, err := t.verifier()
	if err != nil {
		return nil, err
	}
	st := t.state.Next(t.now)
	public, block, err := t.startExchange(verifierStep, st, verifier)
	if err != nil {
		return nil, err
	}
	out := &Outcome{
		Challenge: verifierStep,
		Parameters: map[string]string{
			"SALT": hex.EncodeToString(salt), "SRP_B": public, "SECRET_BLOCK": block,
			"USERNAME": t.srpID(), "USER_ID_FOR_SRP": t.srpID(),
		},
	}
	if st.Choice {
		out.Session, err = t.sessions().Seal(verifierStep, st)
	}
	return out, err
}

func (passwordVerifier) open(t *turn, tx *db.Tx) (mismatch, err error) {
	if err := t.resumeExchange(verifierStep); err != nil {
		return nil, err
	}
	if t.state.Choice {
		return challenge.ErrInvalid, t.sameSession(tx, verifierStep)
	}
	return incorrect(), nil
}

// sameSession sees that the Session of an answer goes with its SECRET_BLOCK.
func (t *turn) sameSession(tx *db.Tx, step string) error {
	block := t.state
	if err := t.openSession(tx, step); err != nil {
		return err
	}
	if t.state.ID != block.ID {
		return challenge.ErrInvalid
	}
	return nil
}

func (passwordVerifier) verify(t *turn) (*pass, error) {
	if err := t.standing(); err != nil {
		return nil, err
	}
	_, verifier, err := t.verifier()
	if err != nil {
		return nil, err
	}
	holds, err := t.signedBy(srp.Identity{Scope: t.Pool.ID.Short(), User: t.srpID()}, verifier)
	if err != nil {
		return nil, err
	}
	if !holds || t.holder() == nil {
		return nil, t.fail(t.spendBlock)
	}
	// Should the program die before the block is known to be used, whoever answers it again has a second factor to prove.
	return &pass{
		proof: factor.Password, source: "Authentication", effects: []effect{t.spendBlockOnce, t.passed}, brief: true,
	}, nil
}

// spendBlockOnce is the effect that uses the answered block up.
func (t *turn) spendBlockOnce(tx *db.Tx, _ *user.User) error {
	err := t.spendBlock(tx)
	if errors.Is(err, db.ErrExists) {
		return incorrect()
	}
	return err
}

// verifier is the user's own, or a decoy for who has none.
func (t *turn) verifier() (salt, verifier []byte, err error) {
	salt, verifier, err = t.Passwords.Verifier(t.Box, t.holder())
	if !errors.Is(err, password.ErrNoVerifier) {
		return salt, verifier, err
	}
	salt, verifier = password.Decoy(t.Box, t.decoyName())
	return salt, verifier, nil
}

// srpID is USER_ID_FOR_SRP: the user name that the verifier was made with, never an alias.
func (t *turn) srpID() string {
	if t.user == nil {
		return t.decoyID()
	}
	return t.user.Username
}

// decoyID is the id of nobody: a UUID, as Cognito documents it, stable for the name.
func (t *turn) decoyID() string {
	b := t.Box.MAC("srp-decoy-id", []byte(t.decoyName()))[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// decoyName is what decoys are stable for: the user, by whichever name, or the name.
func (t *turn) decoyName() string {
	if t.user == nil {
		return "name/" + t.name
	}
	return "user/" + string(t.user.Sub)
}
