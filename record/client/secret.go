package client

import (
	"fmt"
	"strconv"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/id"
)

// MaxSecrets is how many secrets a client may have at once: the one in use and the one that will take its place.
const MaxSecrets = 2

// Secret is one of a client's secrets. Any of them proves the client.
type Secret struct {
	ID      string // "<client id>--<epoch seconds>"
	Sealed  []byte // under SecretLabel
	Created time.Time
}

// SecretLabel is the label under which a client's secrets are sealed with the pool's key: a secret moved to another
// client does not open.
func SecretLabel(client id.Client) string {
	return "client-secret/" + string(client)
}

// SecretID names a secret that is made now. Two secrets of one second differ: the later one takes the next free second.
func (c *Client) SecretID(now time.Time) string {
	for epoch := now.Unix(); ; epoch++ {
		name := string(c.ID) + "--" + strconv.FormatInt(epoch, 10)
		if !c.Knows(name) {
			return name
		}
	}
}

// NewSecret is the stored form of a secret that is made now. box is the pool's.
func (c *Client) NewSecret(box *seal.Box, secret string, now time.Time) Secret {
	return Secret{ID: c.SecretID(now), Sealed: box.Seal(SecretLabel(c.ID), []byte(secret)), Created: now}
}

// HasSecret tells whether the client is confidential: it must prove that it has a secret.
func (c *Client) HasSecret() bool {
	return len(c.Secrets) > 0
}

// AddSecret adds a secret to the client if it is still the version that was read, and answers db.ErrStale if it is not.
func AddSecret(tx *db.Tx, c *Client, secret Secret) error {
	if err := Update(tx, c); err != nil {
		return err
	}
	if err := insertSecret(tx, c, secret); err != nil {
		return err
	}
	c.Secrets = append(c.Secrets, secret)
	return nil
}

// DeleteSecret removes a secret of the client if it is still the version that was read, and answers db.ErrStale if it is
// not. Without a secret of that id it answers db.ErrNotFound.
func DeleteSecret(tx *db.Tx, c *Client, secret string) error {
	if err := Update(tx, c); err != nil {
		return err
	}
	rows, err := tx.Exec(`
		DELETE FROM client_secret
		WHERE pool_id = $1 AND client_id = $2 AND secret_id = $3`,
		string(c.Pool), string(c.ID), secret)
	if err != nil {
		return fmt.Errorf("delete client secret: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Knows tells whether the client has a secret of this id.
func (c *Client) Knows(name string) bool {
	for _, secret := range c.Secrets {
		if secret.ID == name {
			return true
		}
	}
	return false
}

func insertSecret(tx *db.Tx, c *Client, secret Secret) error {
	rows, err := tx.Exec(`
		INSERT INTO client_secret (pool_id, client_id, secret_id, sealed, created)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		string(c.Pool), string(c.ID), secret.ID, secret.Sealed, db.Millis(secret.Created))
	if err != nil {
		return fmt.Errorf("insert client secret: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

func deleteSecrets(tx *db.Tx, pool id.Pool, client id.Client) error {
	_, err := tx.Exec(`
		DELETE FROM client_secret
		WHERE pool_id = $1 AND client_id = $2`,
		string(pool), string(client))
	if err != nil {
		return fmt.Errorf("delete client secrets: %w", err)
	}
	return nil
}

func secrets(tx *db.Tx, pool id.Pool, client id.Client) ([]Secret, error) {
	return db.All(tx, scanSecret, `
		SELECT secret_id, sealed, created
		FROM client_secret
		WHERE pool_id = $1 AND client_id = $2
		ORDER BY created, secret_id`,
		string(pool), string(client))
}

func scanSecret(row db.Scanner) (Secret, error) {
	var secret Secret
	var created int64
	err := row.Scan(&secret.ID, &secret.Sealed, &created)
	secret.Created = db.Time(created)
	return secret, err
}
