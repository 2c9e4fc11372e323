package user

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Kinds of names.
const (
	NameUsername          = "username"
	NameEmail             = "email"
	NamePhoneNumber       = "phone_number"
	NamePreferredUsername = "preferred_username"
)

// Name is something a user signs in with. Keys come from NameKey and are unique in a pool, whatever their kind.
type Name struct {
	Kind string // NameUsername …
	Key  string
}

// longName is how many bytes of a name its key keeps; index rows of both engines are limited.
const longName = 512

// NameKey gives the key of a name that the pool has folded. Very long names are cut and made unique by a digest.
func NameKey(folded string) string {
	key := storable(folded)
	if len(key) <= longName {
		return key
	}
	digest := sha256.Sum256([]byte(key))
	cut := longName
	for !utf8.RuneStart(key[cut]) {
		cut--
	}
	return key[:cut] + hex.EncodeToString(digest[:])
}

// storable replaces what PostgreSQL's text cannot hold.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// ByName loads the user who owns a name's key, or db.ErrNotFound.
func ByName(tx *db.Tx, pool id.Pool, key string) (*User, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM user_name n
		JOIN user_account u ON u.pool_id = n.pool_id AND u.sub = n.sub
		WHERE n.pool_id = $1 AND n.key = $2`,
		pool, key)
}

// Owner is the user who has a name.
type Owner struct {
	Name
	Sub id.Sub
}

// Owners gives those of the keys that have an owner.
func Owners(tx *db.Tx, pool id.Pool, keys []string) ([]Owner, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	args := []any{pool}
	for _, key := range keys {
		args = append(args, key)
	}
	return db.All(tx, scanOwner, `
		SELECT key, kind, sub
		FROM user_name
		WHERE pool_id = $1 AND key IN (`+placeholders(2, len(keys))+`)
		ORDER BY key`,
		args...)
}

func scanOwner(row db.Scanner) (o Owner, err error) {
	return o, row.Scan(&o.Key, &o.Kind, &o.Sub)
}

// Claim makes names the user's own, all or none of them. When others own some, it answers those with db.ErrExists.
func Claim(tx *db.Tx, pool id.Pool, sub id.Sub, names []Name) (taken []Owner, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	args := []any{pool, sub}
	rows := make([]string, len(names))
	for i, name := range names {
		rows[i] = fmt.Sprintf("($1, $%d, $%d, $2)", len(args)+1, len(args)+2)
		args = append(args, name.Key, name.Kind)
	}
	inserted, err := tx.Exec(`
		INSERT INTO user_name (pool_id, key, kind, sub)
		VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT DO NOTHING`,
		args...)
	if err != nil || inserted == int64(len(names)) {
		return nil, err
	}
	return undoClaim(tx, pool, sub, names)
}

// undoClaim releases the names that Claim has inserted, and gives the owners of the others.
func undoClaim(tx *db.Tx, pool id.Pool, sub id.Sub, names []Name) (taken []Owner, err error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = name.Key
	}
	owners, err := Owners(tx, pool, keys)
	if err != nil {
		return nil, err
	}
	taken = slices.DeleteFunc(owners, func(o Owner) bool { return o.Sub == sub })
	if len(taken) == 0 {
		return nil, fmt.Errorf("claim names of %s: claimed before", sub)
	}
	Release(tx, pool, sub, names)
	return taken, db.ErrExists
}

// Release gives up those of the names that the user owns, as [db.Tx.Later].
func Release(tx *db.Tx, pool id.Pool, sub id.Sub, names []Name) {
	for _, name := range names {
		tx.Later(`
			DELETE FROM user_name
			WHERE pool_id = $1 AND key = $2 AND sub = $3`,
			pool, name.Key, sub)
	}
}

// placeholders writes "$first, $first+1 …".
func placeholders(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(list, ", ")
}
