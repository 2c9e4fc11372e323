package identitypool

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/identity"
	"cardea/record/identitypool"
	"cardea/spec/id"
)

// An identity's id is the Region of its pool and a UUID: 74 random bits, and 48 that are the pool's mark, disguised by a MAC of
// the Region and the random ones. Whoever has the id alone, as GetCredentialsForIdentity has, thus knows the pool, and that this
// server has made the id: to make one up takes the MAC's key. There are two kinds, with a MAC each. A guest's id is good without a
// row, since it gives no more than the pool gives to anybody; any other is good if it has one (decision 21).

// label is the purpose of the MAC that an id is made with.
type label string

const (
	guestID  label = "id of a guest"
	memberID label = "id of an identity"
)

// markAt is where the disguised mark begins.
const markAt = 16 - identitypool.MarkBits/8

// newID makes an id for a new identity of a pool.
func (l label) newID(box *seal.Box, p *identitypool.Pool) id.Identity {
	var b [16]byte
	_, _ = rand.Read(b[:markAt]) // crypto/rand does not fail
	b, _ = id.ParseUUID(id.UUID(b))
	mark := l.disguise(box, p.ID.Region(), b) ^ p.Mark
	var tail [8]byte
	binary.BigEndian.PutUint64(tail[:], uint64(mark))
	copy(b[markAt:], tail[8-identitypool.MarkBits/8:])
	return id.Identity(p.ID.Region() + ":" + id.UUID(b))
}

// disguise is what hides a mark behind an id's random bits.
func (l label) disguise(box *seal.Box, region string, b [16]byte) int64 {
	mac := box.MAC(string(l), append([]byte(region+":"), b[:markAt]...))
	return int64(binary.BigEndian.Uint64(mac) >> (64 - identitypool.MarkBits))
}

// mark is the mark that an id holds if it is of this kind.
func (l label) mark(box *seal.Box, region string, b [16]byte) int64 {
	var tail [8]byte
	copy(tail[8-identitypool.MarkBits/8:], b[markAt:])
	return int64(binary.BigEndian.Uint64(tail[:])) ^ l.disguise(box, region, b)
}

// found is an identity with its pool, which is shared and must not be changed.
type found struct {
	*identity.Identity
	pool *identitypool.Pool
	kind label // of its id
}

// find finds an identity and its pool by its id alone, or answers db.ErrNotFound. A guest without a row is one as new.
func (s *Service) find(tx *db.Tx, name string) (*found, error) {
	region, text, _ := strings.Cut(name, ":")
	b, ok := id.ParseUUID(text)
	if !ok {
		return nil, db.ErrNotFound
	}
	box, err := s.Ring.ServerBox(tx)
	if err != nil {
		return nil, fmt.Errorf("open the server's box: %w", err)
	}
	guest := guestID.mark(box, region, b)
	pool, err := identitypool.ByMark(tx, guest, memberID.mark(box, region, b))
	if err != nil {
		return nil, err
	}

	f := &found{pool: pool, kind: memberID}
	if pool.Mark == guest {
		f.kind = guestID
	}
	f.Identity, err = identity.Get(tx, pool.ID, id.Identity(name))
	if errors.Is(err, db.ErrNotFound) && f.kind == guestID {
		f.Identity = &identity.Identity{Pool: pool.ID, ID: id.Identity(name), Guest: true}
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}
