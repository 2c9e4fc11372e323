package identitypool

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// Table is what a db.Cache of identity pools reads.
const Table = "identity_pool"

// MarkBits is how many bits a pool's mark has.
const MarkBits = 48

// Pool is one identity pool.
type Pool struct {
	ID      id.IdentityPool
	Version int64 // grows by one with every update
	// Mark is random, unique and secret: the ids of the pool's identities hold it in disguise, and so lead to the pool.
	Mark     int64
	Doc      cognitoidentity.IdentityPool // as DescribeIdentityPool shows it
	Roles    Roles
	Created  time.Time
	Modified time.Time
}

// Roles are as GetIdentityPoolRoles shows them.
type Roles struct {
	Roles        map[string]string                      `json:",omitempty"` // for "authenticated" and "unauthenticated"
	RoleMappings map[string]cognitoidentity.RoleMapping `json:",omitempty"` // by the name of a provider
}

// Clone gives a copy that shares nothing with p, for changing.
func (p *Pool) Clone() *Pool {
	doc, roles, err := p.encode()
	if err != nil {
		panic(fmt.Sprintf("clone identity pool %s: %v", p.ID, err)) // it came from JSON, so that it goes back to JSON
	}
	clone := *p
	clone.Doc, clone.Roles = cognitoidentity.IdentityPool{}, Roles{}
	if err := clone.decode(doc, roles); err != nil {
		panic(fmt.Sprintf("clone identity pool %s: %v", p.ID, err))
	}
	return &clone
}

// Insert adds a new pool under a new mark, as its first version. Its id is that of its document.
func Insert(tx *db.Tx, p *Pool) error {
	p.ID, p.Version, p.Created, p.Modified = id.IdentityPool(p.Doc.IdentityPoolId), 1, tx.Now, tx.Now
	p.Mark = newMark()
	doc, roles, err := p.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		INSERT INTO identity_pool (id, version, mark, name, doc, roles, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT DO NOTHING`,
		p.ID, p.Version, p.Mark, p.Doc.IdentityPoolName, doc, roles, db.Millis(p.Created), db.Millis(p.Modified))
	if err != nil {
		return fmt.Errorf("insert identity pool: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	tx.Changed(Table)
	return nil
}

func newMark() int64 {
	var b [8]byte
	_, _ = rand.Read(b[8-MarkBits/8:]) // crypto/rand does not fail
	return int64(binary.BigEndian.Uint64(b[:]))
}

// Get finds a pool, or answers db.ErrNotFound. What it returns is shared: never change it.
func Get(tx *db.Tx, pool id.IdentityPool) (*Pool, error) {
	version, err := db.One(tx, scanNumber, `
		SELECT version
		FROM identity_pool
		WHERE id = $1`,
		pool)
	if err != nil {
		return nil, err
	}
	return db.Memo(tx, "identity_pool/"+string(pool), version, func() (*Pool, error) {
		return db.One(tx, scan, `
			SELECT id, version, mark, doc, roles, created, modified
			FROM identity_pool
			WHERE id = $1`,
			pool)
	})
}

// ByMark finds the pool that has one of two marks, or answers db.ErrNotFound. What it returns is shared: never change it.
func ByMark(tx *db.Tx, mark, other int64) (*Pool, error) {
	pool, err := db.One(tx, scanID, `
		SELECT id
		FROM identity_pool
		WHERE mark IN ($1, $2)`,
		mark, other)
	if err != nil {
		return nil, err
	}
	return Get(tx, pool)
}

// Update writes the pool if it is still the version that was read, and answers db.ErrStale if it is not.
func Update(tx *db.Tx, p *Pool) error {
	p.Modified = tx.Now
	doc, roles, err := p.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE identity_pool
		SET version = version + 1, name = $1, doc = $2, roles = $3, modified = $4
		WHERE id = $5 AND version = $6`,
		p.Doc.IdentityPoolName, doc, roles, db.Millis(p.Modified), p.ID, p.Version)
	if err != nil {
		return fmt.Errorf("update identity pool: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	p.Version++
	tx.Changed(Table)
	return nil
}

// tables are all those whose rows belong to an identity pool, but for the pools' own.
var tables = []string{"identity_login", "identity", "principal_tag_map"}

// Delete removes the pool and every row that belongs to it, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.IdentityPool) error {
	rows, err := tx.Exec(`
		DELETE FROM identity_pool
		WHERE id = $1`,
		pool)
	if err != nil {
		return fmt.Errorf("delete identity pool: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	for _, table := range tables {
		_, err := tx.Exec(`
			DELETE FROM `+table+`
			WHERE identity_pool_id = $1`,
			pool)
		if err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
	}
	tx.Changed(Table)
	return nil
}

// List gives up to limit pools of a Region in the order of their ids, beginning behind the id after (empty: at the first).
func List(tx *db.Tx, region, after string, limit int) ([]*Pool, error) {
	// The ids of a Region are the range from "<region>:" up to the character behind the colon.
	if first := region + ":"; after < first {
		after = first
	}
	return db.All(tx, scan, `
		SELECT id, version, mark, doc, roles, created, modified
		FROM identity_pool
		WHERE id > $1 AND id < $2
		ORDER BY id
		LIMIT $3`,
		after, region+";", limit)
}

// Count is how many pools there are in a Region.
func Count(tx *db.Tx, region string) (int64, error) {
	return db.One(tx, scanNumber, `
		SELECT count(*)
		FROM identity_pool
		WHERE id > $1 AND id < $2`,
		region+":", region+";")
}

// encode does not change the pool, which may be shared.
func (p *Pool) encode() (doc, roles string, err error) {
	written, err := json.Marshal(&p.Doc)
	if err != nil {
		return "", "", fmt.Errorf("encode identity pool: %w", err)
	}
	doc = string(written)
	if written, err = json.Marshal(&p.Roles); err != nil {
		return "", "", fmt.Errorf("encode roles of an identity pool: %w", err)
	}
	return doc, string(written), nil
}

func (p *Pool) decode(doc, roles string) error {
	if err := json.Unmarshal([]byte(doc), &p.Doc); err != nil {
		return fmt.Errorf("decode identity pool: %w", err)
	}
	if err := json.Unmarshal([]byte(roles), &p.Roles); err != nil {
		return fmt.Errorf("decode roles of an identity pool: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (*Pool, error) {
	var p Pool
	var pool, doc, roles string
	var created, modified int64
	if err := row.Scan(&pool, &p.Version, &p.Mark, &doc, &roles, &created, &modified); err != nil {
		return nil, err
	}
	p.ID, p.Created, p.Modified = id.IdentityPool(pool), db.Time(created), db.Time(modified)
	return &p, p.decode(doc, roles)
}

func scanNumber(row db.Scanner) (n int64, err error) {
	err = row.Scan(&n)
	return n, err
}

func scanID(row db.Scanner) (id.IdentityPool, error) {
	var text string
	err := row.Scan(&text)
	return id.IdentityPool(text), err
}
