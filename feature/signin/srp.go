package signin

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/engine/challenge"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/spent"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// blockLife is how long a SECRET_BLOCK may be answered. Clients take a second; Cognito's own limit is not published.
const blockLife = 3 * time.Minute

// passwordVerifier is the PASSWORD_VERIFIER challenge: an SRP exchange whose state travels in SECRET_BLOCK, not in a
// Session. A name that is nobody's gets a stable decoy of salt, verifier and id, and fails at the answer like a wrong
// password (02-auth-flows §4).
type passwordVerifier struct{}

// beginSRP is USER_SRP_AUTH's first step.
func beginSRP(t *turn) (*Outcome, error) {
	if t.Passwords.Storage(t.pool) != pool.PasswordStorageSRP {
		return nil, cognitoidp.InvalidParameter("USER_SRP_AUTH is not available: this user pool keeps no SRP verifiers, only password hashes.")
	}
	if t.user == nil && !t.client.HidesUsers() {
		return nil, cognitoidp.UserNotFound("User does not exist.")
	}
	if err := t.untriggered(); err != nil {
		return nil, err
	}
	return passwordVerifier{}.challenge(t)
}

func (passwordVerifier) needs() []string {
	return []string{"PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
}

func (passwordVerifier) challenge(t *turn) (*Outcome, error) {
	public, err := srp.ParsePublic(t.given["SRP_A"])
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid SRP_A")
	}
	salt, verifier, err := t.verifier()
	if err != nil {
		return nil, err
	}
	offer, err := srp.NewOffer(verifier)
	if err != nil {
		return nil, fmt.Errorf("offer an SRP exchange: %w", err)
	}
	block, err := t.sealBlock(exchange{state: challenge.New(t.now, t.name, t.user), offer: offer, client: public})
	if err != nil {
		return nil, err
	}
	return &Outcome{
		Challenge: cognitoidp.ChallengeNameTypePasswordVerifier,
		Parameters: map[string]string{
			"SALT": hex.EncodeToString(salt), "SRP_B": srp.Hex(offer.Public), "SECRET_BLOCK": block,
			"USERNAME": t.srpID(), "USER_ID_FOR_SRP": t.srpID(),
		},
	}, nil
}

// open accepts only a block that this server sealed for this client, a moment ago.
func (passwordVerifier) open(t *turn, _ *db.Tx) (mismatch, err error) {
	t.block, err = t.openBlock(t.given["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return nil, incorrect()
	}
	t.state = t.block.state
	if t.now.After(db.Time(t.state.At).Add(blockLife)) {
		return nil, incorrect()
	}
	return incorrect(), nil
}

func (passwordVerifier) verify(t *turn) (*pass, error) {
	if err := t.standing(); err != nil {
		return nil, err
	}
	holds, err := t.signed()
	if err != nil {
		return nil, err
	}
	if !holds {
		return nil, t.fail(t.spendBlock)
	}
	once := func(tx *db.Tx, _ *user.User) error {
		err := t.spendBlock(tx)
		if errors.Is(err, db.ErrExists) {
			return incorrect()
		}
		return err
	}
	return &pass{source: "Authentication", effects: []effect{once, t.passed}}, nil
}

// signed tells whether the answer's signature proves the password.
func (t *turn) signed() (bool, error) {
	timestamp := t.given["TIMESTAMP"]
	signature, err := base64.StdEncoding.DecodeString(t.given["PASSWORD_CLAIM_SIGNATURE"])
	if _, ok := srp.ParseTimestamp(timestamp); !ok || err != nil {
		return false, nil
	}
	_, verifier, err := t.verifier()
	if err != nil {
		return false, err
	}
	key, err := t.block.offer.Key(t.block.client, verifier)
	if err != nil {
		return false, fmt.Errorf("finish an SRP exchange: %w", err)
	}
	who := srp.Identity{Scope: t.pool.ID.Short(), User: t.srpID()}
	proof := srp.Sign(key, who, t.block.sealed, timestamp)
	return hmac.Equal(signature, proof) && t.holder() != nil, nil
}

// verifier is the user's own, or a decoy for who has none.
func (t *turn) verifier() (salt, verifier []byte, err error) {
	salt, verifier, err = t.Passwords.Verifier(t.box, t.holder())
	if !errors.Is(err, password.ErrNoVerifier) {
		return salt, verifier, err
	}
	salt, verifier = password.Decoy(t.box, t.decoyName())
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
	b := t.box.MAC("srp-decoy-id", []byte(t.decoyName()))[:16]
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

// spendBlock uses the block up; db.ErrExists says that it was before.
func (t *turn) spendBlock(tx *db.Tx) error {
	return spent.Spend(tx, t.pool.ID, t.state.Spent(), db.Time(t.state.At).Add(blockLife))
}

// exchange is the content of a SECRET_BLOCK: the state, then b, B and A, each of fixed length.
type exchange struct {
	state  challenge.State
	offer  srp.Offer
	client []byte // A
	sealed []byte // the block itself, decoded: the signature is over it
}

func (t *turn) sealBlock(x exchange) (string, error) {
	head, err := json.Marshal(x.state)
	if err != nil {
		return "", fmt.Errorf("encode secret block: %w", err)
	}
	plain := binary.BigEndian.AppendUint16(nil, uint16(len(head)))
	plain = append(plain, head...)
	plain = append(plain, x.offer.Secret...)
	plain = append(plain, x.offer.Public...)
	plain = append(plain, x.client...)
	return base64.StdEncoding.EncodeToString(t.box.Seal(t.blockLabel(), plain)), nil
}

var errBlock = errors.New("secret block is malformed")

func (t *turn) openBlock(block string) (x exchange, err error) {
	sealed, err := base64.StdEncoding.DecodeString(block)
	if err != nil {
		return x, errBlock
	}
	plain, err := t.box.Open(t.blockLabel(), sealed)
	if err != nil {
		return x, errBlock
	}
	if len(plain) < 2 {
		return x, errBlock
	}
	x.sealed = sealed
	head, rest := int(binary.BigEndian.Uint16(plain)), plain[2:]
	if len(rest) != head+srp.SecretSize+2*srp.Size {
		return x, errBlock
	}
	if err := json.Unmarshal(rest[:head], &x.state); err != nil {
		return x, errBlock
	}
	rest = rest[head:]
	x.offer = srp.Offer{Secret: rest[:srp.SecretSize], Public: rest[srp.SecretSize:][:srp.Size]}
	x.client = rest[srp.SecretSize+srp.Size:]
	return x, nil
}

func (t *turn) blockLabel() string {
	return "signin/block/" + cognitoidp.ChallengeNameTypePasswordVerifier + "/" + string(t.client.ID)
}
