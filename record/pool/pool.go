package pool

import (
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Pool is one user pool.
type Pool struct {
	ID      id.Pool
	Version int64                                   // grows by one with every update
	Doc     cognitoidp.UserPoolType                 // as DescribeUserPool shows it, but for EstimatedNumberOfUsers
	MFA     cognitoidp.GetUserPoolMfaConfigResponse // as GetUserPoolMfaConfig shows it
}

// Clone gives a copy that shares nothing with p, for changing.
func (p *Pool) Clone() *Pool {
	doc, mfa, err := p.encode()
	if err != nil {
		panic(fmt.Sprintf("clone pool %s: %v", p.ID, err)) // it came from JSON, so that it goes back to JSON
	}
	clone, err := decode(p.ID, p.Version, doc, mfa)
	if err != nil {
		panic(fmt.Sprintf("clone pool %s: %v", p.ID, err))
	}
	return clone
}

// Insert adds a new pool, as its first version.
func Insert(tx *db.Tx, p *Pool) error {
	doc, mfa, err := p.encode()
	if err != nil {
		return err
	}
	p.Version = 1

	rows, err := tx.Exec(`
		INSERT INTO pool (pool_id, version, doc, mfa)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		string(p.ID), p.Version, doc, mfa)
	if err != nil {
		return fmt.Errorf("insert pool: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a pool, or answers db.ErrNotFound. What it returns is shared: never change it.
func Get(tx *db.Tx, pool id.Pool) (*Pool, error) {
	version, err := db.One(tx, scanVersion, `
		SELECT version
		FROM pool
		WHERE pool_id = $1`,
		string(pool))
	if err != nil {
		return nil, err
	}
	return db.Memo(tx, "pool/"+string(pool), version, func() (*Pool, error) {
		return db.One(tx, scan, `
			SELECT pool_id, version, doc, mfa
			FROM pool
			WHERE pool_id = $1`,
			string(pool))
	})
}

// Update writes the pool if it is still the version that was read, and answers db.ErrStale if it is not.
func Update(tx *db.Tx, p *Pool) error {
	doc, mfa, err := p.encode()
	if err != nil {
		return err
	}

	rows, err := tx.Exec(`
		UPDATE pool
		SET version = version + 1, doc = $1, mfa = $2
		WHERE pool_id = $3 AND version = $4`,
		doc, mfa, string(p.ID), p.Version)
	if err != nil {
		return fmt.Errorf("update pool: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	p.Version++
	return nil
}

// List gives up to limit pools of a Region in the order of their ids, beginning behind the id after (empty: at the first).
func List(tx *db.Tx, region, after string, limit int) ([]*Pool, error) {
	// The ids of a Region are the range from "<region>_" up to the character behind the underscore.
	if first := region + "_"; after < first {
		after = first
	}
	return db.All(tx, scan, `
		SELECT pool_id, version, doc, mfa
		FROM pool
		WHERE pool_id > $1 AND pool_id < $2
		ORDER BY pool_id
		LIMIT $3`,
		after, region+"`", limit)
}

func (p *Pool) encode() (doc, mfa string, err error) {
	p.Doc.EstimatedNumberOfUsers = 0
	d, err := json.Marshal(&p.Doc)
	if err != nil {
		return "", "", fmt.Errorf("encode pool: %w", err)
	}
	m, err := json.Marshal(&p.MFA)
	if err != nil {
		return "", "", fmt.Errorf("encode MFA configuration: %w", err)
	}
	return string(d), string(m), nil
}

func decode(pool id.Pool, version int64, doc, mfa string) (*Pool, error) {
	p := &Pool{ID: pool, Version: version}
	if err := json.Unmarshal([]byte(doc), &p.Doc); err != nil {
		return nil, fmt.Errorf("decode pool: %w", err)
	}
	if err := json.Unmarshal([]byte(mfa), &p.MFA); err != nil {
		return nil, fmt.Errorf("decode MFA configuration: %w", err)
	}
	return p, nil
}

func scan(row db.Scanner) (*Pool, error) {
	var pool, doc, mfa string
	var version int64
	if err := row.Scan(&pool, &version, &doc, &mfa); err != nil {
		return nil, err
	}
	return decode(id.Pool(pool), version, doc, mfa)
}

func scanVersion(row db.Scanner) (version int64, err error) {
	err = row.Scan(&version)
	return version, err
}
