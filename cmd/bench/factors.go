package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync/atomic"
	"time"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/passkey"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/totp"
)

const (
	// factorPool is the number of users of the pool with second factors. Every other user has a software token, whose codes
	// work once: the pool is so large that a user rarely signs in again within the time step of a code.
	factorPool = 20_000

	relyingParty = "localhost"
)

// factors are the factors of a pool's users besides their passwords: each has a passkey, all with the same key, and user0,
// user2 and so on have a software token.
type factors struct {
	secrets [][]byte       // of the software tokens
	used    []atomic.Int64 // the step of the last code of each
	passkey *ecdsa.PrivateKey
	public  []byte // its other half, as credentials carry it
	next    atomic.Int64
}

func newFactors(users int) (*factors, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	public, err := coseKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	tokens := (users + 1) / 2
	f := &factors{passkey: key, public: public, secrets: make([][]byte, tokens), used: make([]atomic.Int64, tokens)}
	for i := range f.secrets {
		f.secrets[i] = totp.NewSecret()
	}
	return f, nil
}

// signInPolicy is the sign-in policy of a pool whose users have these factors.
func (f *factors) signInPolicy() *cognitoidp.SignInPolicyType {
	return &cognitoidp.SignInPolicyType{
		AllowedFirstAuthFactors: []string{cognitoidp.AuthFactorTypePassword, cognitoidp.AuthFactorTypeWebAuthn},
	}
}

// mfaConfig is how such a pool is set up.
func (f *factors) mfaConfig(pool id.Pool) *cognitoidp.SetUserPoolMfaConfigRequest {
	return &cognitoidp.SetUserPoolMfaConfigRequest{
		UserPoolId:                    string(pool),
		MfaConfiguration:              cognitoidp.UserPoolMfaTypeOptional,
		SoftwareTokenMfaConfiguration: &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true},
		WebAuthnConfiguration: &cognitoidp.WebAuthnConfigurationType{
			RelyingPartyId:      relyingParty,
			FactorConfiguration: cognitoidp.WebAuthnFactorConfigurationTypeSingleFactor,
		},
	}
}

// equip stores the factors of user n, who has just been created.
func (f *factors) equip(tx *db.Tx, box *seal.Box, u *user.User, n int) error {
	credential := make([]byte, 20)
	_, _ = rand.Read(credential) // never fails
	err := passkey.Insert(tx, &passkey.Credential{
		Pool: u.Pool, Sub: u.Sub, ID: base64.RawURLEncoding.EncodeToString(credential), RelyingParty: relyingParty,
		UserHandle: []byte(u.Sub), PublicKey: f.public, Verified: true, AAGUID: make([]byte, 16), Attestation: "none",
		Attachment: "platform", Transports: []string{"internal"}, Name: "Passkey", Created: tx.Now,
	})
	if err != nil || n%2 != 0 {
		return err
	}

	secret, tokens := f.secrets[n/2], factor.SoftwareTokens{}
	if err := tokens.Associate(tx, box, u, secret); err != nil {
		return err
	}
	step := totp.Step(tx.Now) - 1 // setting up uses a code; that of now is for signing in
	f.used[n/2].Store(step)
	if err := tokens.Verify(tx, box, u, totp.Code(secret, step), "phone"); err != nil {
		return err
	}
	return account.SaveCredentials(tx, u)
}

// code is an unused code of user 2i. If there is none yet, it waits for the next time step.
func (f *factors) code(ctx context.Context, i int) string {
	step := max(totp.Step(time.Now()), f.used[i].Load()+1)
	for step > totp.Step(time.Now())+1 && ctx.Err() == nil { // servers take the next code, too
		sleep(ctx, 100*time.Millisecond)
	}
	f.used[i].Store(step)
	return totp.Code(f.secrets[i], step)
}

// withToken is the next user who has a software token: user 2i.
func (c *connection) withToken() (name string, i int) {
	i = int((c.factors.next.Add(1) - 1) % int64(len(c.factors.secrets)))
	return fmt.Sprintf("user%d", 2*i), i
}

// withoutToken is the next user who has none.
func (c *connection) withoutToken() string {
	_, i := c.withToken()
	return fmt.Sprintf("user%d", 2*i+1)
}
