package pool

import (
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Table is what a db.Cache of pools reads.
const Table = "pool"

// Pool is one user pool.
type Pool struct {
	ID       id.Pool
	Version  int64                                              // grows by one with every update
	Doc      cognitoidp.UserPoolType                            // as DescribeUserPool shows it, but for EstimatedNumberOfUsers
	MFA      cognitoidp.GetUserPoolMfaConfigResponse            // as GetUserPoolMfaConfig shows it
	Sessions cognitoidp.GetUserPoolSessionConfigurationResponse // as it was set, empty if never; see SessionConfiguration

	// SignedOut is when all sessions were ended whose sign-in was before; zero: never. Update leaves it alone.
	SignedOut time.Time
}

// Clone gives a copy that shares nothing with p, for changing.
func (p *Pool) Clone() *Pool {
	written, err := p.encode()
	if err != nil {
		panic(fmt.Sprintf("clone pool %s: %v", p.ID, err)) // it came from JSON, so that it goes back to JSON
	}
	clone, err := decode(p.ID, p.Version, written)
	if err != nil {
		panic(fmt.Sprintf("clone pool %s: %v", p.ID, err))
	}
	clone.SignedOut = p.SignedOut
	return clone
}

// Insert adds a new pool, as its first version.
func Insert(tx *db.Tx, p *Pool) error {
	written, err := p.encode()
	if err != nil {
		return err
	}
	p.Version = 1

	rows, err := tx.Exec(`
		INSERT INTO pool (pool_id, version, doc, mfa, sessions)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		string(p.ID), p.Version, written.doc, written.mfa, written.sessions)
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
	return At(tx, pool, version)
}

// At finds a pool of which the version has been read in tx with something else. What it returns is shared: never change it.
func At(tx *db.Tx, pool id.Pool, version int64) (*Pool, error) {
	return db.Memo(tx, "pool/"+string(pool), version, func() (*Pool, error) {
		return db.One(tx, scan, `
			SELECT pool_id, version, doc, mfa, sessions, signed_out
			FROM pool
			WHERE pool_id = $1`,
			string(pool))
	})
}

// Update writes the pool if it is still the version that was read, and answers db.ErrStale if it is not.
func Update(tx *db.Tx, p *Pool) error {
	written, err := p.encode()
	if err != nil {
		return err
	}

	rows, err := tx.Exec(`
		UPDATE pool
		SET version = version + 1, doc = $1, mfa = $2, sessions = $3
		WHERE pool_id = $4 AND version = $5`,
		written.doc, written.mfa, written.sessions, string(p.ID), p.Version)
	if err != nil {
		return fmt.Errorf("update pool: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	tx.Changed(Table)
	p.Version++
	return nil
}

// SignOut ends the sessions of a pool whose sign-in was before a moment, as Outlived tells, or answers db.ErrNotFound. An earlier moment
// than the one that is set changes nothing.
func SignOut(tx *db.Tx, pool id.Pool, before time.Time) error {
	rows, err := tx.Exec(`
		UPDATE pool
		SET signed_out = CASE WHEN signed_out < $1 THEN $1 ELSE signed_out END, version = version + 1
		WHERE pool_id = $2`,
		db.Millis(before), pool)
	if err != nil {
		return fmt.Errorf("sign out all users of pool: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

// Outlived reports whether what came of a sign-in at a moment has ended with all sessions of that time.
func (p *Pool) Outlived(signIn time.Time) bool { return signIn.Before(p.SignedOut) }

// Ended is Outlived for a session, which keeps the moment of its sign-in in whole seconds: one of SignedOut's own second is as old as the
// session.
func (p *Pool) Ended(signIn, created time.Time) bool {
	return created.Before(p.SignedOut) || signIn.Before(p.SignedOut.Truncate(time.Second))
}

// List gives up to limit pools of a Region in the order of their ids, beginning behind the id after (empty: at the first).
func List(tx *db.Tx, region, after string, limit int) ([]*Pool, error) {
	// The ids of a Region are the range from "<region>_" up to the character behind the underscore.
	if first := region + "_"; after < first {
		after = first
	}
	return db.All(tx, scan, `
		SELECT pool_id, version, doc, mfa, sessions, signed_out
		FROM pool
		WHERE pool_id > $1 AND pool_id < $2
		ORDER BY pool_id
		LIMIT $3`,
		after, region+"`", limit)
}

// Versions gives the ids and versions of all pools, and nothing else of them.
func Versions(tx *db.Tx) ([]Pool, error) {
	return db.All(tx, func(row db.Scanner) (p Pool, err error) {
		err = row.Scan(&p.ID, &p.Version)
		return p, err
	}, `
		SELECT pool_id, version
		FROM pool
		ORDER BY pool_id`)
}

// documents are a pool's documents as they are written.
type documents struct {
	doc, mfa, sessions string
}

// encode does not change the pool, which may be shared.
func (p *Pool) encode() (written documents, err error) {
	doc := p.Doc
	doc.EstimatedNumberOfUsers = 0
	if written.doc, err = encode(&doc); err != nil {
		return written, fmt.Errorf("encode pool: %w", err)
	}
	if written.mfa, err = encode(&p.MFA); err != nil {
		return written, fmt.Errorf("encode MFA configuration: %w", err)
	}
	if written.sessions, err = encode(&p.Sessions); err != nil {
		return written, fmt.Errorf("encode session configuration: %w", err)
	}
	return written, nil
}

func encode(document any) (string, error) {
	text, err := json.Marshal(document)
	return string(text), err
}

func decode(pool id.Pool, version int64, written documents) (*Pool, error) {
	p := &Pool{ID: pool, Version: version}
	if err := json.Unmarshal([]byte(written.doc), &p.Doc); err != nil {
		return nil, fmt.Errorf("decode pool: %w", err)
	}
	if err := json.Unmarshal([]byte(written.mfa), &p.MFA); err != nil {
		return nil, fmt.Errorf("decode MFA configuration: %w", err)
	}
	if err := json.Unmarshal([]byte(written.sessions), &p.Sessions); err != nil {
		return nil, fmt.Errorf("decode session configuration: %w", err)
	}
	return p, nil
}

func scan(row db.Scanner) (*Pool, error) {
	var pool string
	var version, signedOut int64
	var written documents
	if err := row.Scan(&pool, &version, &written.doc, &written.mfa, &written.sessions, &signedOut); err != nil {
		return nil, err
	}
	p, err := decode(id.Pool(pool), version, written)
	if err != nil {
		return nil, err
	}
	p.SignedOut = db.Time(signedOut)
	return p, nil
}

func scanVersion(row db.Scanner) (version int64, err error) {
	err = row.Scan(&version)
	return version, err
}
