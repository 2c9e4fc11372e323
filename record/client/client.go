package client

import (
	"encoding/json"
	"fmt"
	"slices"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Client is one app client of a user pool.
type Client struct {
	ID      id.Client
	Pool    id.Pool
	Version int64                         // grows by one with every change, of the secrets too
	Doc     cognitoidp.UserPoolClientType // as DescribeUserPoolClient shows it, but for the secret
	Secrets []Secret                      // the active ones, oldest first
}

// Clone gives a copy that shares nothing with c, for changing.
func (c *Client) Clone() *Client {
	doc, err := c.encode()
	if err != nil {
		panic(fmt.Sprintf("clone client %s: %v", c.ID, err)) // it came from JSON, so that it goes back to JSON
	}
	clone, err := decode(c.Pool, c.ID, c.Version, doc)
	if err != nil {
		panic(fmt.Sprintf("clone client %s: %v", c.ID, err))
	}
	clone.Secrets = slices.Clone(c.Secrets)
	return clone
}

// Insert adds a new client with its secrets, as its first version. A client of the same id in any pool gives db.ErrExists.
func Insert(tx *db.Tx, c *Client) error {
	doc, err := c.encode()
	if err != nil {
		return err
	}
	c.Version = 1

	rows, err := tx.Exec(`
		INSERT INTO client (pool_id, client_id, version, doc)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		string(c.Pool), string(c.ID), c.Version, doc)
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

// Find finds a client by its id alone, as unsigned operations name it, or answers db.ErrNotFound. What it returns is
// shared: never change it.
func Find(tx *db.Tx, client id.Client) (*Client, error) {
	at, err := db.One(tx, scanPlace, `
		SELECT pool_id, version
		FROM client
		WHERE client_id = $1`,
		string(client))
	if err != nil {
		return nil, err
	}
	return remembered(tx, at.pool, client, at.version)
}

// Update writes the document if the client is still the version that was read, and answers db.ErrStale if it is not. It
// leaves the secrets alone: see AddSecret and DeleteSecret.
func Update(tx *db.Tx, c *Client) error {
	doc, err := c.encode()
	if err != nil {
		return err
	}

	rows, err := tx.Exec(`
		UPDATE client
		SET version = version + 1, doc = $1
		WHERE pool_id = $2 AND client_id = $3 AND version = $4`,
		doc, string(c.Pool), string(c.ID), c.Version)
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
	return deleteSecrets(tx, pool, client)
}

// List gives up to limit clients of the pool in the order of their ids, beginning behind the id after (empty: at the
// first), without their secrets.
func List(tx *db.Tx, pool id.Pool, after id.Client, limit int) ([]*Client, error) {
	return db.All(tx, scan, `
		SELECT pool_id, client_id, version, doc
		FROM client
		WHERE pool_id = $1 AND client_id > $2
		ORDER BY client_id
		LIMIT $3`,
		string(pool), string(after), limit)
}

// remembered loads a client unless this version of it is in memory.
func remembered(tx *db.Tx, pool id.Pool, client id.Client, version int64) (*Client, error) {
	return db.Memo(tx, "client/"+string(client), version, func() (*Client, error) {
		c, err := db.One(tx, scan, `
			SELECT pool_id, client_id, version, doc
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

func (c *Client) encode() (string, error) {
	c.Doc.ClientSecret = "" // it is sealed, elsewhere
	doc, err := json.Marshal(&c.Doc)
	if err != nil {
		return "", fmt.Errorf("encode client: %w", err)
	}
	return string(doc), nil
}

func decode(pool id.Pool, client id.Client, version int64, doc string) (*Client, error) {
	c := &Client{ID: client, Pool: pool, Version: version}
	if err := json.Unmarshal([]byte(doc), &c.Doc); err != nil {
		return nil, fmt.Errorf("decode client: %w", err)
	}
	return c, nil
}

func scan(row db.Scanner) (*Client, error) {
	var pool, client, doc string
	var version int64
	if err := row.Scan(&pool, &client, &version, &doc); err != nil {
		return nil, err
	}
	return decode(id.Pool(pool), id.Client(client), version, doc)
}

func scanVersion(row db.Scanner) (version int64, err error) {
	err = row.Scan(&version)
	return version, err
}

type place struct {
	pool    id.Pool
	version int64
}

func scanPlace(row db.Scanner) (place, error) {
	var pool string
	var version int64
	err := row.Scan(&pool, &version)
	return place{id.Pool(pool), version}, err
}
