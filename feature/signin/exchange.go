package signin

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/record/replay"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// blockLife is how long a SECRET_BLOCK may be answered. Clients take a second; Cognito's own limit is not published.
const blockLife = 3 * time.Minute

// exchange is an SRP exchange between its two requests, the content of a SECRET_BLOCK: the state, then b, B and A, each
// of fixed length.
type exchange struct {
	state  challenge.State
	offer  srp.Offer
	client []byte // A
	sealed []byte // the block itself, decoded: the signature is over it
}

// parseSRPA reads the client's half of an exchange.
func (t *turn) parseSRPA() ([]byte, error) {
	public, err := srp.ParsePublic(t.given["SRP_A"])
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid SRP_A")
	}
	return public, nil
}

// startExchange answers the client's half with B and a SECRET_BLOCK.
func (t *turn) startExchange(step string, st challenge.State, verifier []byte) (public, block string, err error) {
	client, err := t.parseSRPA()
	if err != nil {
		return "", "", err
	}
	offer, err := srp.NewOffer(verifier)
	if err != nil {
		return "", "", fmt.Errorf("offer an SRP exchange: %w", err)
	}
	block, err = t.sealBlock(step, exchange{state: st, offer: offer, client: client})
	return srp.Hex(offer.Public), block, err
}

// resumeExchange accepts only a block that this server sealed for this client and step, a moment ago.
func (t *turn) resumeExchange(step string) (err error) {
	t.block, err = t.openBlock(step, t.given["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return incorrect()
	}
	t.state = t.block.state
	if t.now.After(db.Time(t.state.At).Add(blockLife)) {
		return incorrect()
	}
	return nil
}

// signedBy tells whether the answer's signature proves that whoever it is knows the secret behind the verifier.
func (t *turn) signedBy(who srp.Identity, verifier []byte) (bool, error) {
	timestamp := t.given["TIMESTAMP"]
	signature, err := base64.StdEncoding.DecodeString(t.given["PASSWORD_CLAIM_SIGNATURE"])
	if _, ok := srp.ParseTimestamp(timestamp); !ok || err != nil {
		return false, nil
	}
	key, err := t.block.offer.Key(t.block.client, verifier)
	if err != nil {
		return false, fmt.Errorf("finish an SRP exchange: %w", err)
	}
	return hmac.Equal(signature, srp.Sign(key, who, t.block.sealed, timestamp)), nil
}

// spendBlock uses the block up; db.ErrExists says that it was before.
func (t *turn) spendBlock(tx *db.Tx) error {
	return replay.Use(tx, t.Pool.ID, t.state.Spent(), db.Time(t.state.At).Add(blockLife))
}

func (t *turn) sealBlock(step string, x exchange) (string, error) {
	head, err := json.Marshal(x.state)
	if err != nil {
		return "", fmt.Errorf("encode secret block: %w", err)
	}
	plain := binary.BigEndian.AppendUint16(nil, uint16(len(head)))
	plain = append(plain, head...)
	plain = append(plain, x.offer.Secret...)
	plain = append(plain, x.offer.Public...)
	plain = append(plain, x.client...)
	return base64.StdEncoding.EncodeToString(t.Box.Seal(t.blockLabel(step), plain)), nil
}

var errBlock = errors.New("secret block is malformed")

func (t *turn) openBlock(step, block string) (x exchange, err error) {
	sealed, err := base64.StdEncoding.DecodeString(block)
	if err != nil {
		return x, errBlock
	}
	plain, err := t.Box.Open(t.blockLabel(step), sealed)
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

func (t *turn) blockLabel(step string) string {
	return "signin/block/" + step + "/" + string(t.Client.ID)
}
