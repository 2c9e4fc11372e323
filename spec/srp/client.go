package srp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"
)

// Client is the client's half of an exchange, as a Cognito SDK computes it. It is for tests and benchmarks.
type Client struct{ secret, public *big.Int }

// NewClient draws a and computes A.
func NewClient() *Client {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: crypto/rand aborts the program instead
	return newClient(new(big.Int).SetBytes(secret))
}

func newClient(secret *big.Int) *Client {
	return &Client{secret: secret, public: powerOfG(secret)}
}

// Public is SRP_A.
func (c *Client) Public() string { return c.public.Text(16) }

// NewDeviceVerifier draws a salt and computes the verifier for the password of a device, as ConfirmDevice takes them: both
// in base64, each number with the fewest bytes whose first bit is clear.
func NewDeviceVerifier(id Identity, password string) (salt, verifier string) {
	drawn := NewSalt()
	number := func(b []byte) string { return base64.StdEncoding.EncodeToString(pad(new(big.Int).SetBytes(b))) }
	return number(drawn), number(element(powerOfG(id.exponent(password, drawn))))
}

// Challenge is what a client reads from a PASSWORD_VERIFIER challenge, in the wire's own forms: hexadecimal Salt
// and Public (SRP_B), base64 Block (SECRET_BLOCK).
type Challenge struct{ Salt, Public, Block string }

// Answer computes PASSWORD_CLAIM_SIGNATURE, in base64, and the TIMESTAMP that goes with it.
func (c *Client) Answer(id Identity, password string, ch Challenge, now time.Time) (signature, timestamp string, err error) {
	block, err := base64.StdEncoding.DecodeString(ch.Block)
	if err != nil {
		return "", "", fmt.Errorf("read the secret block: %w", err)
	}
	key, err := c.key(id, password, ch)
	if err != nil {
		return "", "", err
	}
	timestamp = Timestamp(now)
	return base64.StdEncoding.EncodeToString(Sign(key, id, block, timestamp)), timestamp, nil
}

// key draws the shared key from S = (B - k·g^x)^(a + u·x).
func (c *Client) key(id Identity, password string, ch Challenge) ([]byte, error) {
	digits := ch.Salt
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	salt, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("read the salt: %w", err)
	}
	public, err := ParsePublic(ch.Public)
	if err != nil {
		return nil, fmt.Errorf("read the server's public value: %w", err)
	}
	b, x := new(big.Int).SetBytes(public), id.exponent(password, salt)
	u := scramble(c.public, b)
	return drawKey(c.shared(b, u, x), u)
}

func (c *Client) shared(b, u, x *big.Int) *big.Int {
	base := new(big.Int).Mul(multiplier, powerOfG(x))
	base.Sub(b, base)
	base.Mod(base, prime)
	exponent := new(big.Int).Mul(u, x)
	exponent.Add(exponent, c.secret)
	return power(base, exponent)
}
