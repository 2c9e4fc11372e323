package signin

import (
	"cmp"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/platform/tracing"
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
func (a *attempt) parseSRPA() ([]byte, error) {
	half := a.in.Given["SRP_A"]
	if a.custom != nil {
		half = cmp.Or(half, a.custom.SRPA)
	}
	public, err := srp.ParsePublic(half)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid SRP_A")
	}
	return public, nil
}

// startExchange answers the client's half with B and a SECRET_BLOCK.
func (a *attempt) startExchange(step string, st challenge.State, verifier []byte) (public, block string, err error) {
	client, err := a.parseSRPA()
	if err != nil {
		return "", "", err
	}
	_, span := tracing.Start(a.ctx, "srp")
	offer, err := a.Passwords.SRP.NewOffer(verifier)
	span.End(err != nil)
	if err != nil {
		return "", "", fmt.Errorf("offer an SRP exchange: %w", err)
	}
	block, err = a.sealBlock(step, exchange{state: st, offer: offer, client: client})
	return srp.Hex(offer.Public), block, err
}

// resumeExchange accepts only a block that this server sealed for this client and step, a moment ago.
func (a *attempt) resumeExchange(step string) (err error) {
	a.exchange, err = a.openBlock(step, a.in.Given["PASSWORD_CLAIM_SECRET_BLOCK"])
	if err != nil {
		return incorrect()
	}
	a.state = a.exchange.state
	if a.now.After(a.blockEnd()) || a.Pool.Outlived(db.Time(a.state.At)) {
		return incorrect()
	}
	return nil
}

// signedBy tells whether the answer's signature proves that whoever it is knows the secret behind the verifier.
func (a *attempt) signedBy(who srp.Identity, verifier []byte) (bool, error) {
	timestamp := a.in.Given["TIMESTAMP"]
	signature, err := base64.StdEncoding.DecodeString(a.in.Given["PASSWORD_CLAIM_SIGNATURE"])
	if _, ok := srp.ParseTimestamp(timestamp); !ok || err != nil {
		return false, nil
	}
	_, span := tracing.Start(a.ctx, "srp")
	defer span.End(false)
	key, err := a.Passwords.SRP.Key(a.exchange.offer, a.exchange.client, verifier)
	if err != nil {
		return false, fmt.Errorf("finish an SRP exchange: %w", err)
	}
	return hmac.Equal(signature, srp.Sign(key, who, a.exchange.sealed, timestamp)), nil
}

// spendBlock uses the block up; db.ErrExists says that it was before.
func (a *attempt) spendBlock(tx *db.Tx) error {
	return replay.Use(tx, a.Pool.ID, a.state.Spent(), a.blockEnd())
}

// blockEnd is when the block that is answered is too old.
func (a *attempt) blockEnd() time.Time { return db.Time(a.state.At).Add(blockLife) }

func (a *attempt) sealBlock(step string, x exchange) (string, error) {
	head, err := x.state.Encode()
	if err != nil {
		return "", fmt.Errorf("encode secret block: %w", err)
	}
	plain := binary.BigEndian.AppendUint16(nil, uint16(len(head)))
	plain = append(plain, head...)
	plain = append(plain, x.offer.Secret...)
	plain = append(plain, x.offer.Public...)
	plain = append(plain, x.client...)
	return base64.StdEncoding.EncodeToString(a.Box.Seal(a.blockLabel(step), plain)), nil
}

var errBlock = errors.New("secret block is malformed")

func (a *attempt) openBlock(step, block string) (x exchange, err error) {
	sealed, err := base64.StdEncoding.DecodeString(block)
	if err != nil {
		return x, errBlock
	}
	plain, err := a.Box.Open(a.blockLabel(step), sealed)
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

func (a *attempt) blockLabel(step string) string {
	return "signin/block/" + step + "/" + string(a.Client.ID)
}
