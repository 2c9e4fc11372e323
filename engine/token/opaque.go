package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/session"
	"cardea/spec/id"
)

// The parts of a refresh token's bytes. The secret proves the token; the session says which row to read; the tag only
// distinguishes a token whose session was deleted from one that was never issued, for the wording of the refusal.
const (
	opaqueVersion = 1

	atSession = 1
	atExpires = atSession + 16
	atSecret  = atExpires + 8
	atTag     = atSecret + 32
	opaqueLen = atTag + 16
)

// refreshToken is a refresh token, and what can be read from it.
type refreshToken struct {
	text    string
	session string
	expires time.Time
	body    []byte // all but the tag
	tag     []byte
}

// newRefreshToken makes a token for a session.
func (m *Minter) newRefreshToken(tx *db.Tx, s *session.Session) (*refreshToken, error) {
	box, err := m.Ring.Box(tx, s.Pool)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	b := make([]byte, opaqueLen)
	b[0] = opaqueVersion
	raw, err := uuidBytes(s.ID)
	if err != nil {
		return nil, err
	}
	copy(b[atSession:atExpires], raw)
	binary.BigEndian.PutUint64(b[atExpires:], uint64(db.Millis(s.Expires)))
	_, _ = rand.Read(b[atSecret:atTag]) // never fails
	copy(b[atTag:], tagOf(box, s.Client, b[:atTag]))
	return readRefreshToken(base64.RawURLEncoding.EncodeToString(b))
}

// errOpaque says that a text has not the form of a refresh token.
var errOpaque = errors.New("not a refresh token")

// readRefreshToken splits a token into its parts. It checks nothing but the form.
func readRefreshToken(text string) (*refreshToken, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(opaqueLen) || strings.ContainsAny(text, "\r\n") {
		return nil, errOpaque
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != opaqueLen || b[0] != opaqueVersion {
		return nil, errOpaque
	}
	return &refreshToken{
		text:    text,
		session: uuidText(b[atSession:atExpires]),
		expires: time.UnixMilli(int64(binary.BigEndian.Uint64(b[atExpires:]))),
		body:    b[:atTag],
		tag:     b[atTag:],
	}, nil
}

// genuine reports whether the token was once made for the client.
func (t *refreshToken) genuine(box *seal.Box, c *client.Client) bool {
	return hmac.Equal(t.tag, tagOf(box, c.ID, t.body))
}

// record is the token as it is remembered: by the hash of a secret of 256 random bits, which needs no salt.
func (t *refreshToken) record(pool id.Pool) session.Refresh {
	sum := sha256.Sum256([]byte(t.text))
	return session.Refresh{Pool: pool, Session: t.session, Hash: base64.RawURLEncoding.EncodeToString(sum[:])}
}

// uuidBytes are the sixteen bytes that a UUID writes.
func uuidBytes(text string) ([]byte, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != 16 {
		return nil, fmt.Errorf("session id %q is not a UUID", text)
	}
	return raw, nil
}

func uuidText(raw []byte) string {
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func tagOf(box *seal.Box, c id.Client, body []byte) []byte {
	return box.MAC("refresh-token/"+string(c), body)[:opaqueLen-atTag]
}
