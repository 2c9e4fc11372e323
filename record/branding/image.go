package branding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Image is one image of a branding.
type Image struct {
	Category, ColorMode, Extension, Resource string

	Given  []byte // as it was uploaded; it is never served
	Served []byte // written anew
}

// Name is the image's name on pages, without its extension: the beginning of its hash.
func (i *Image) Name() string {
	sum := sha256.Sum256(i.Served)
	return hex.EncodeToString(sum[:16])
}

// SetImages replaces the images of a branding.
func SetImages(tx *db.Tx, b *Branding, images []Image) error {
	if err := deleteImages(tx, b.Pool, b.ID); err != nil {
		return err
	}
	for number, i := range images {
		_, err := tx.Exec(`
			INSERT INTO branding_image (pool_id, branding_id, number, category, color_mode, extension, resource_id, given, served, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			string(b.Pool), b.ID, number, i.Category, i.ColorMode, i.Extension, i.Resource, i.Given, i.Served, i.Name())
		if err != nil {
			return fmt.Errorf("insert image: %w", err)
		}
	}
	return nil
}

// Images are the images of a branding, in the order in which they were given.
func Images(tx *db.Tx, b *Branding) ([]Image, error) {
	return db.All(tx, scanImage, `
		SELECT category, color_mode, extension, resource_id, given, served
		FROM branding_image
		WHERE pool_id = $1 AND branding_id = $2
		ORDER BY number`,
		string(b.Pool), b.ID)
}

// FindImage finds an image of a pool by its name, or answers db.ErrNotFound.
func FindImage(tx *db.Tx, pool id.Pool, name string) (Image, error) {
	return db.One(tx, scanImage, `
		SELECT category, color_mode, extension, resource_id, given, served
		FROM branding_image
		WHERE pool_id = $1 AND hash = $2
		ORDER BY branding_id, number
		LIMIT 1`,
		string(pool), name)
}

func deleteImages(tx *db.Tx, pool id.Pool, brandingID string) error {
	_, err := tx.Exec(`
		DELETE FROM branding_image
		WHERE pool_id = $1 AND branding_id = $2`,
		string(pool), brandingID)
	if err != nil {
		return fmt.Errorf("delete images: %w", err)
	}
	return nil
}

func scanImage(row db.Scanner) (i Image, err error) {
	err = row.Scan(&i.Category, &i.ColorMode, &i.Extension, &i.Resource, &i.Given, &i.Served)
	return i, err
}

// Place is an image of a branding without its bytes.
type Place struct {
	Category, ColorMode, Extension, Resource string
	Name                                     string // on pages, without its extension
}

// Places are the images of a branding, in the order in which they were given.
func Places(tx *db.Tx, b *Branding) ([]Place, error) {
	return db.All(tx, func(row db.Scanner) (p Place, err error) {
		err = row.Scan(&p.Category, &p.ColorMode, &p.Extension, &p.Resource, &p.Name)
		return p, err
	}, `
		SELECT category, color_mode, extension, resource_id, hash
		FROM branding_image
		WHERE pool_id = $1 AND branding_id = $2
		ORDER BY number`,
		string(b.Pool), b.ID)
}
