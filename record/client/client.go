package client

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Client is one app client of a user pool.
type Client struct {
	ID       id.Client
	Pool     id.Pool
	Version  int64                                                    // grows by one with every change, of the secrets too
	Doc      cognitoidp.UserPoolClientType                            // as DescribeUserPoolClient shows it, but for the secret
	Sessions cognitoidp.GetUserPoolClientSessionConfigurationResponse // as it was set, empty if never; see SessionConfiguration
	Secrets  []Secret                                                 // the active ones, oldest first
}

// Clone gives a copy that shares nothing with c, for changing.
func (c *Client) Clone() *Client {
	written, err := c.encode()
	if err != nil {
		panic(fmt.Sprintf("clone client %s: %v", c.ID, err)) // it came from JSON, so that it goes back to JSON
	}
	clone, err := decode(c.Pool, c.ID, c.Version, written)
	if err != nil {
		panic(fmt.Sprintf("clone client %s: %v", c.ID, err))
	}
	clone.Secrets = slices.Clone(c.Secrets)
	return clone
}

// Insert adds a new client with its secrets, as its first version. A client of the same id in any pool gives db.ErrExists.
func Insert(tx *db.Tx, c *Client) error {
	written, err := c.encode()
	if err != nil {
		return err
	}
	c.Version = 1

	rows, err := tx.Exec(`
		INSERT INTO client (pool_id, client_id, version, doc, sessions, kind)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		string(c.Pool), string(c.ID), c.Version, written.doc, written.sessions, c.kind())
	if err != nil {
		return fmt.Errorf("insert client: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	for _, secret := range c.Secrets {
		if err := insertSecret(tx, c, secret); err != nil {
			return err
		}
	}
	return nil
}

// Get finds a client of the pool, or answers db.ErrNotFound. What it returns is shared: never change it.
func Get(tx *db.Tx, pool id.Pool, client id.Client) (*Client, error) {
	version, err := db.One(tx, scanVersion, `
		SELECT version
		FROM client
		WHERE pool_id = $1 AND client_id = $2`,
		string(pool), string(client))
	if err != nil {
		return nil, err
	}
	return remembered(tx, pool, client, version)
}

// Find finds a client by its id alone, as unsigned operations name it, and in the same query the version of its pool, for
// pool.At. It answers db.ErrNotFound. What it returns is shared: never change it.
func Find(tx *db.Tx, client id.Client) (c *Client, poolVersion int64, err error) {
	at, err := db.One(tx, scanPlace, `
		SELECT c.pool_id, c.version, p.version
		FROM client c
		JOIN pool p ON p.pool_id = c.pool_id
		WHERE c.client_id = $1`,
		string(client))
	if err != nil {
		return nil, 0, err
	}
	c, err = remembered(tx, at.pool, client, at.version)
	return c, at.poolVersion, err
}

// Of finds a client of the pool as Get does, and in the same query the version of the pool, for pool.At. With db.ErrNotFound that
// is 0 if there is no such pool.
func Of(tx *db.Tx, pool id.Pool, client id.Client) (c *Client, poolVersion int64, err error) {
	return AskOf(tx, pool, client)()
}

// AskOf is Of without waiting: what it gives waits for the answer, as that of db.Ask does.
func AskOf(tx *db.Tx, pool id.Pool, client id.Client) func() (c *Client, poolVersion int64, err error) {
	asked := db.Ask(tx, scanPlace, `
		SELECT p.pool_id, COALESCE(c.version, 0), p.version
		FROM pool p
		LEFT JOIN client c ON c.pool_id = p.pool_id AND c.client_id = $2
		WHERE p.pool_id = $1`,
		string(pool), string(client))
	return func() (c *Client, poolVersion int64, err error) {
		at, err := asked.Get()
		if err == nil && at.version == 0 {
			err = db.ErrNotFound
		}
		if err != nil {
			return nil, at.poolVersion, err
		}
		c, err = remembered(tx, pool, client, at.version)
		return c, at.poolVersion, err
	}
}

// Update writes the documents if the client is still the version that was read, and answers db.ErrStale if it is not. It
// leaves the secrets alone: see AddSecret and DeleteSecret.
func Update(tx *db.Tx, c *Client) error {
	written, err := c.encode()
	if err != nil {
		return err
	}

	rows, err := tx.Exec(`
		UPDATE client
		SET version = version + 1, doc = $1, sessions = $2
		WHERE pool_id = $3 AND client_id = $4 AND version = $5`,
		written.doc, written.sessions, string(c.Pool), string(c.ID), c.Version)
	if err != nil {
		return fmt.Errorf("update client: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	c.Version++
	return nil
}

// Delete removes a client and its secrets, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, client id.Client) error {
	rows, err := tx.Exec(`
		DELETE FROM client
		WHERE pool_id = $1 AND client_id = $2`,
		string(pool), string(client))
	if err != nil {
		return fmt.Errorf("delete client: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	if err := deleteLooks(tx, pool, client); err != nil {
		return err
	}
	return deleteSecrets(tx, pool, client)
}

// deleteLooks removes how the client's pages look, and the documents that its users agree to.
func deleteLooks(tx *db.Tx, pool id.Pool, client id.Client) error {
	for _, statement := range []string{`
		DELETE FROM branding_image
		WHERE pool_id = $1 AND branding_id IN (SELECT branding_id FROM branding WHERE pool_id = $1 AND client_id = $2)`, `
		DELETE FROM branding
		WHERE pool_id = $1 AND client_id = $2`, `
		DELETE FROM terms
		WHERE pool_id = $1 AND client_id = $2`,
	} {
		if _, err := tx.Exec(statement, string(pool), string(client)); err != nil {
			return fmt.Errorf("delete client's branding: %w", err)
		}
	}
	return nil
}

// kind is who has made the client, as it is stored.
func (c *Client) kind() string {
	if c.SelfRegistered() {
		return cognitoidp.ClientTypeTypeDcr
	}
	return cognitoidp.ClientTypeTypeRegular
}

// CountOfKind counts the pool's clients of a ClientType, up to most.
func CountOfKind(tx *db.Tx, pool id.Pool, kind string, most int) (int, error) {
	return db.One(tx, func(row db.Scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, `
		SELECT count(*)
		FROM (SELECT client_id FROM client WHERE pool_id = $1 AND kind = $2 LIMIT $3) AS counted`,
		pool, kind, most)
}

// ListKind is List for clients of one ClientType.
func ListKind(tx *db.Tx, pool id.Pool, kind string, after id.Client, limit int) ([]*Client, error) {
	return db.All(tx, scan, `
		SELECT pool_id, client_id, version, doc, sessions
		FROM client
		WHERE pool_id = $1 AND kind = $2 AND client_id > $3
		ORDER BY client_id
		LIMIT $4`,
		pool, kind, string(after), limit)
}

// List gives up to limit clients of the pool in the order of their ids, beginning behind the id after (empty: at the
// first), without their secrets.
func List(tx *db.Tx, pool id.Pool, after id.Client, limit int) ([]*Client, error) {
	return db.All(tx, scan, `
		SELECT pool_id, client_id, version, doc, sessions
		FROM client
		WHERE pool_id = $1 AND client_id > $2
		ORDER BY client_id
		LIMIT $3`,
		string(pool), string(after), limit)
}

// LongestSSO is the longest SSOValidity of the pool's clients.
func LongestSSO(tx *db.Tx, pool id.Pool) (longest time.Duration, err error) {
	all, err := db.All(tx, scanSessions, `
		SELECT DISTINCT sessions
		FROM client
		WHERE pool_id = $1`,
		pool)
	for _, c := range all {
		longest = max(longest, c.SSOValidity())
	}
	return longest, err
}

func scanSessions(row db.Scanner) (*Client, error) {
	written := documents{doc: "{}"}
	if err := row.Scan(&written.sessions); err != nil {
		return nil, err
	}
	return decode("", "", 0, written)
}

// remembered loads a client unless this version of it is in memory.
func remembered(tx *db.Tx, pool id.Pool, client id.Client, version int64) (*Client, error) {
	return db.Memo(tx, "client/"+string(client), version, func() (*Client, error) {
		c, err := db.One(tx, scan, `
			SELECT pool_id, client_id, version, doc, sessions
			FROM client
			WHERE pool_id = $1 AND client_id = $2`,
			string(pool), string(client))
		if err != nil {
			return nil, err
		}
		c.Secrets, err = secrets(tx, pool, client)
		return c, err
	})
}

// documents are a client's documents as they are written.
type documents struct {
	doc, sessions string
}

func (c *Client) encode() (written documents, err error) {
	open := c.Doc          // the client itself is not changed: it may be shared
	open.ClientSecret = "" // secrets are stored sealed, in Secrets
	doc, err := json.Marshal(&open)
	if err != nil {
		return written, fmt.Errorf("encode client: %w", err)
	}
	sessions, err := json.Marshal(&c.Sessions)
	if err != nil {
		return written, fmt.Errorf("encode session configuration: %w", err)
	}
	return documents{string(doc), string(sessions)}, nil
}

func decode(pool id.Pool, client id.Client, version int64, written documents) (*Client, error) {
	c := &Client{ID: client, Pool: pool, Version: version}
	if err := json.Unmarshal([]byte(written.doc), &c.Doc); err != nil {
		return nil, fmt.Errorf("decode client: %w", err)
	}
	if err := json.Unmarshal([]byte(written.sessions), &c.Sessions); err != nil {
		return nil, fmt.Errorf("decode session configuration: %w", err)
	}
	return c, nil
}

func scan(row db.Scanner) (*Client, error) {
	var pool, client string
	var version int64
	var written documents
	if err := row.Scan(&pool, &client, &version, &written.doc, &written.sessions); err != nil {
		return nil, err
	}
	return decode(id.Pool(pool), id.Client(client), version, written)
}

func scanVersion(row db.Scanner) (version int64, err error) {
	err = row.Scan(&version)
	return version, err
}

// place is where a client is, and the versions of the two.
type place struct {
	pool                 id.Pool
	version, poolVersion int64
}

func scanPlace(row db.Scanner) (at place, err error) {
	err = row.Scan((*string)(&at.pool), &at.version, &at.poolVersion)
	return at, err
}
