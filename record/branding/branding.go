package branding

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// The kinds of brandings.
const (
	Managed = "managed"
	Classic = "classic"
)

// All stands for the client of a classic customization that is its pool's.
const All = "ALL"

// Branding is how pages look for a client.
type Branding struct {
	Pool   id.Pool
	Kind   string // Managed or Classic
	Client string // or All
	ID     string

	Provided bool   // a style that is the server's own
	Settings string // of a style: JSON as it was given, or ""
	CSS      string // of a classic customization, as it was given
	Sheet    string // the same, written anew

	Created, Modified time.Time
}

const columns = `pool_id, kind, client_id, branding_id, provided, settings, css, sheet, created, modified`

// Insert adds a branding, made now; if the client has one of its kind, it answers db.ErrExists.
func Insert(tx *db.Tx, b *Branding) error {
	b.Created, b.Modified = tx.Now, tx.Now
	rows, err := tx.Exec(`
		INSERT INTO branding (pool_id, kind, client_id, branding_id, provided, settings, css, sheet, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING`,
		string(b.Pool), b.Kind, b.Client, b.ID, b.Provided, b.Settings, b.CSS, b.Sheet, db.Millis(b.Created), db.Millis(b.Modified))
	if err != nil {
		return fmt.Errorf("insert branding: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Find finds the branding of a client, or answers db.ErrNotFound.
func Find(tx *db.Tx, pool id.Pool, kind, client string) (*Branding, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM branding
		WHERE pool_id = $1 AND kind = $2 AND client_id = $3`,
		string(pool), kind, client)
}

// Get finds a branding by its id, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, brandingID string) (*Branding, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM branding
		WHERE pool_id = $1 AND branding_id = $2`,
		string(pool), brandingID)
}

// Update writes what can change of a branding, changed now, or answers db.ErrNotFound.
func Update(tx *db.Tx, b *Branding) error {
	b.Modified = tx.Now
	rows, err := tx.Exec(`
		UPDATE branding
		SET provided = $1, settings = $2, css = $3, sheet = $4, modified = $5
		WHERE pool_id = $6 AND branding_id = $7`,
		b.Provided, b.Settings, b.CSS, b.Sheet, db.Millis(b.Modified), string(b.Pool), b.ID)
	if err != nil {
		return fmt.Errorf("update branding: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Delete removes a branding with its images, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, brandingID string) error {
	rows, err := tx.Exec(`
		DELETE FROM branding
		WHERE pool_id = $1 AND branding_id = $2`,
		string(pool), brandingID)
	if err != nil {
		return fmt.Errorf("delete branding: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return deleteImages(tx, pool, brandingID)
}

func scan(row db.Scanner) (*Branding, error) {
	var b Branding
	var pool string
	var created, modified int64
	err := row.Scan(&pool, &b.Kind, &b.Client, &b.ID, &b.Provided, &b.Settings, &b.CSS, &b.Sheet, &created, &modified)
	b.Pool, b.Created, b.Modified = id.Pool(pool), time.UnixMilli(created).UTC(), time.UnixMilli(modified).UTC()
	return &b, err
}
