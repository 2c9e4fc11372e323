package token

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"cardea/engine/account"
	"cardea/engine/device"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/record/user"
)

// How the names of sessions begin: those of tokens, and those of single sign-on at the hosted pages.
const (
	TokenSession = "tkn"
	SSOSession   = "sso"
)

// nameDigits is how many digits of base 36 write 128 bits.
const nameDigits = 25

// SessionName is the name by which a user may know one of their sessions: its kind and 25 letters and digits. It is the
// session's id, a UUID, enciphered under the pool's key, so that it reveals nothing and cannot be guessed.
func SessionName(box *seal.Box, kind, session string) (string, error) {
	raw, err := uuidBytes(session)
	if err != nil {
		return "", err
	}
	naming(box, kind).Encrypt(raw, raw)
	digits := new(big.Int).SetBytes(raw).Text(36)
	return kind + strings.Repeat("0", nameDigits-len(digits)) + digits, nil
}

// ParseSessionName gives the id of the session that a name of this kind may be of, or false if it is no such name.
func ParseSessionName(box *seal.Box, kind, name string) (session string, ok bool) {
	digits, ok := strings.CutPrefix(name, kind)
	if !ok || len(digits) != nameDigits || strings.ContainsFunc(digits, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return "", false
	}
	n, ok := new(big.Int).SetString(digits, 36)
	if !ok || n.BitLen() > 128 {
		return "", false
	}
	raw := n.FillBytes(make([]byte, 16))
	naming(box, kind).Decrypt(raw, raw)
	return uuidText(raw), true
}

// naming is the cipher that makes names of a kind out of ids. It is one block under one key, which hides everything but
// whether two ids are equal.
func naming(box *seal.Box, kind string) cipher.Block {
	block, err := aes.NewCipher(box.MAC("session name", []byte(kind)))
	if err != nil {
		panic(fmt.Sprintf("token: name sessions: %v", err)) // a MAC has the length of a key
	}
	return block
}

// Session finds a session of a user that is not over by its name, or answers db.ErrNotFound.
func (m *Minter) Session(tx *db.Tx, u *user.User, name string) (*session.Session, error) {
	box, err := m.Ring.Box(tx, u.Pool)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	of, ok := ParseSessionName(box, TokenSession, name)
	if !ok {
		return nil, db.ErrNotFound
	}
	s, err := session.Get(tx, u.Pool, of)
	if err == nil && (s.Sub != u.Sub || over(s, u)) {
		return nil, db.ErrNotFound
	}
	return s, err
}

// SSO finds a single sign-on session of a user that is not over by its name, or answers db.ErrNotFound.
func (m *Minter) SSO(tx *db.Tx, u *user.User, name string) (*ssosession.Session, error) {
	box, err := m.Ring.Box(tx, u.Pool)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	of, ok := ParseSessionName(box, SSOSession, name)
	if !ok {
		return nil, db.ErrNotFound
	}
	s, err := ssosession.Get(tx, u.Pool, of)
	if err == nil && (s.Sub != u.Sub || !tx.Now.Before(s.Expires)) {
		return nil, db.ErrNotFound
	}
	return s, err
}

// EndSSO ends a single sign-on session, and if linked, all sessions of its user that came from it.
func EndSSO(tx *db.Tx, s *ssosession.Session, linked bool) error {
	if err := account.EndSSO(tx, s.Pool, s.Sub, s.ID); err != nil || !linked {
		return err
	}
	return session.RevokeLinked(tx, s.Pool, s.Sub, s.ID)
}

// Use is the use of a session by a caller. It leaves out an address that cannot be parsed.
func Use(now time.Time, from caller.Caller) session.Activity {
	a := session.Activity{Active: now, DeviceType: device.Name(from.UserAgent)}
	if ip, err := netip.ParseAddr(from.IP); err == nil {
		a.IP = ip.Unmap().WithZone("").String()
	}
	return a
}

// makeRoom ends the least recently used sessions of the user, if the pool tracks sessions and the user would
// have too many with this one.
func makeRoom(tx *db.Tx, p *pool.Pool, s *session.Session) {
	if p.TracksSessions() {
		session.Evict(tx, p.ID, s.Sub, p.MaxSessions()-1)
	}
}

// notes reports whether this use of a session must be written.
func (r *RefreshRequest) notes(s *session.Session, now time.Time) bool {
	return r.Pool.TracksSessions() && s.Outdated(Use(now, r.From))
}

// note writes the use of a session that has been refreshed, and spends the proof that came with it.
func (m *Minter) note(ctx context.Context, r RefreshRequest, f *facts) error {
	notes := r.notes(f.session, f.now)
	if !notes && r.Key == nil {
		return nil
	}
	return m.DB.Write(ctx, func(tx *db.Tx) error {
		if err := Spend(tx, r.Pool.ID, r.Key); err != nil || !notes {
			return err
		}
		return session.Note(tx, f.session, Use(tx.Now, r.From))
	})
}
