package temporary

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
)

var (
	// ErrForged says that a token is none of this server's, or not the one of its access key.
	ErrForged = errors.New("session token is not valid")

	// ErrExpired says that a token was valid.
	ErrExpired = errors.New("session token has expired")
)

// TooLargeError says that what a session would carry does not fit into a token.
type TooLargeError struct {
	Percent int // of the space that there is, more than 100
}

// Error is the reason.
func (e *TooLargeError) Error() string {
	return "session takes " + strconv.Itoa(e.Percent) + "% of the space in a token"
}

// maxToken bounds tokens, in characters: they travel in headers and in the URLs of presigned requests.
const maxToken = 4096

// longest is how long a session can live: a user's own, without a role.
const longest = 36 * time.Hour

// What a token is sealed for, and what is derived from it.
const (
	tokenLabel  = "sts session"
	idLabel     = "sts session id"
	secretLabel = "sts session secret"
)

// encoding has one text for each token.
var encoding = base64.RawURLEncoding.Strict()

// Issuer issues temporary credentials.
type Issuer struct {
	DB   *db.DB
	Ring *datakey.Ring
}

// Issue makes the credentials of a session that has begun now and lives until s.Expires, in whole seconds. packedPercent is how much of the
// space in a token the session takes, if policies or tags are part of it. A session that does not fit gives a *TooLargeError. Nothing is
// stored.
func (i *Issuer) Issue(ctx context.Context, s Session) (c Credentials, packedPercent int, err error) {
	s.Issued, s.Expires = i.DB.Now().Truncate(time.Second), s.Expires.UTC().Truncate(time.Second)
	if life := s.Expires.Sub(s.Issued); life <= 0 || life > longest {
		return Credentials{}, 0, fmt.Errorf("issue credentials for %v", life)
	}
	payload, err := encode(&s)
	if err != nil {
		return Credentials{}, 0, err
	}
	box, err := i.Ring.ServerBoxOf(ctx, i.DB)
	if err != nil {
		return Credentials{}, 0, err
	}
	sealed := box.Seal(tokenLabel, payload)
	token := encoding.EncodeToString(sealed)
	percent := percentOf(len(token), maxToken)
	if percent > 100 {
		return Credentials{}, 0, &TooLargeError{percent}
	}
	id, secret, err := keyOf(box, sealed)
	if err != nil {
		return Credentials{}, 0, fmt.Errorf("derive access key: %w", err)
	}
	if !s.packs() {
		percent = 0
	}
	return Credentials{AccessKeyID: id, Secret: secret, Token: token, Expires: s.Expires}, percent, nil
}

// packs reports whether the session has what callers pass in and AWS calls packed.
func (s *Session) packs() bool { return s.Policy != "" || len(s.PolicyARNs) > 0 || len(s.Tags) > 0 }

func percentOf(part, whole int) int { return (100*part + whole - 1) / whole }

// Opened is a token that goes with its access key and was not unsealed yet.
type Opened struct {
	// Secret is the key's secret. Check the request's signature with it before anything else.
	Secret string

	issuer *Issuer
	box    *seal.Box
	sealed []byte
}

// Open finds the secret of temporary credentials, or answers ErrForged.
func (i *Issuer) Open(ctx context.Context, accessKeyID, token string) (*Opened, error) {
	if len(token) > maxToken {
		return nil, ErrForged
	}
	sealed, err := encoding.DecodeString(token)
	if err != nil || len(sealed) != encoding.DecodedLen(len(token)) { // the decoder skips line ends
		return nil, ErrForged
	}
	box, err := i.Ring.ServerBoxOf(ctx, i.DB)
	if err != nil {
		return nil, err
	}
	id, secret, err := keyOf(box, sealed)
	if err != nil || subtle.ConstantTimeCompare([]byte(id), []byte(accessKeyID)) == 0 {
		return nil, ErrForged
	}
	return &Opened{Secret: secret, issuer: i, box: box, sealed: sealed}, nil
}

// Session unseals what the token says. It answers ErrForged for what was not issued here, and ErrExpired from the second on in which the
// session ends.
func (o *Opened) Session() (*Session, error) {
	payload, err := o.box.Open(tokenLabel, o.sealed)
	if err != nil {
		return nil, ErrForged
	}
	s, err := decode(payload)
	if err != nil {
		return nil, fmt.Errorf("read session token: %w", err)
	}
	if !o.issuer.DB.Now().Before(s.Expires) {
		return nil, ErrExpired
	}
	return s, nil
}

// keyOf derives the access key of a token: its id and its secret.
func keyOf(box *seal.Box, sealed []byte) (id, secret string, err error) {
	name, err := box.Derive(idLabel, sealed)
	if err != nil {
		return "", "", err
	}
	key, err := box.Derive(secretLabel, sealed)
	if err != nil {
		return "", "", err
	}
	return "ASIA" + base32.StdEncoding.EncodeToString(name[:10]), base64.StdEncoding.EncodeToString(key[:30]), nil
}

// IsID reports whether a text has the form of the id of temporary credentials.
func IsID(text string) bool {
	return len(text) == 20 && strings.HasPrefix(text, "ASIA") && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
