package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"time"
)

// SecretSize is the length in bytes of a server's secret exponent b: 256 bits, RFC 5054's minimum. It is used once.
const SecretSize = 32

// keySize is the length of the key that signs an answer.
const keySize = 16

// Server is the server's half of exchanges, and what it stores. Its zero value computes by math/big.
type Server struct {
	Arithmetic Arithmetic // nil: math/big
}

// Offer is the server's half of one exchange: its secret b (SecretSize bytes) and its public value B (Size bytes).
type Offer struct{ Secret, Public []byte }

// NewOffer draws b and computes B = k·v + g^b mod N.
func (s Server) NewOffer(verifier []byte) (Offer, error) {
	for {
		secret := make([]byte, SecretSize)
		_, _ = rand.Read(secret) // never fails: crypto/rand aborts the program instead
		offer, err := s.makeOffer(verifier, secret)
		if err != nil {
			return Offer{}, err
		}
		if new(big.Int).SetBytes(offer.Public).Sign() != 0 {
			return offer, nil
		}
	}
}

func (s Server) makeOffer(verifier, secret []byte) (Offer, error) {
	v, err := number(verifier)
	if err != nil {
		return Offer{}, err
	}
	power, err := s.powerOfG(new(big.Int).SetBytes(secret))
	if err != nil {
		return Offer{}, err
	}
	public := new(big.Int).Mul(multiplier, v)
	public.Add(public, power)
	public.Mod(public, prime)
	return Offer{Secret: secret, Public: element(public)}, nil
}

// Key is the key that both sides hold after the exchange of an offer when the client knew the password: 16 bytes drawn from
// S = (A·v^u)^b. It answers ErrPublic for an A that would fix S whatever the password.
func (s Server) Key(o Offer, clientPublic, verifier []byte) ([]byte, error) {
	a, err := number(clientPublic)
	if err != nil {
		return nil, err
	}
	v, err := number(verifier)
	if err != nil {
		return nil, err
	}
	u := scramble(a, new(big.Int).SetBytes(o.Public))
	if u.Sign() == 0 {
		return nil, ErrPublic
	}
	base, err := s.publicPower(v, u) // who sees A and B knows u
	if err != nil {
		return nil, err
	}
	base.Mul(base, a)
	base.Mod(base, prime)
	shared, err := s.power(base, new(big.Int).SetBytes(o.Secret))
	if err != nil {
		return nil, err
	}
	return drawKey(shared, u)
}

// scramble is u = H(pad(A) | pad(B)).
func scramble(a, b *big.Int) *big.Int {
	return hashNumber(pad(a), pad(b))
}

func drawKey(s, u *big.Int) ([]byte, error) {
	return hkdf.Key(sha256.New, pad(s), pad(u), "Caldera Derived Key", keySize)
}

// Sign is PASSWORD_CLAIM_SIGNATURE's bytes: the proof that the key is known, over the identity, the decoded secret
// block and the timestamp as sent.
func Sign(key []byte, id Identity, block []byte, timestamp string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id.Scope + id.User))
	mac.Write(block)
	mac.Write([]byte(timestamp))
	return mac.Sum(nil)
}

// timestampLayout is TIMESTAMP's form, always English and UTC, the day without a leading zero.
const timestampLayout = "Mon Jan 2 15:04:05 UTC 2006"

// Timestamp writes a moment as TIMESTAMP has it, such as "Tue Feb 5 06:03:08 UTC 2036".
func Timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// ParseTimestamp reads a TIMESTAMP and refuses, as Cognito does, a zero-padded day or a weekday that is not the date's.
func ParseTimestamp(text string) (time.Time, bool) {
	t, err := time.Parse(timestampLayout, text)
	if err != nil || t.Format(timestampLayout) != text {
		return time.Time{}, false
	}
	return t, true
}
