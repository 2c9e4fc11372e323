package user

import (
	"fmt"
	"strings"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Names of index entries that are not attributes.
const (
	TermUsername = "username"
	TermStatus   = "cognito:user_status"
	TermEnabled  = "status" // Enabled or Disabled
)

// Term is an entry of the search index. Keys come from TermKey.
type Term struct {
	Name string // an attribute's, or TermUsername …
	Key  string
}

// longTerm is how many runes of a value are indexed. The caller compares the rest.
const longTerm = 128

// TermKey gives the part of a value that is indexed.
func TermKey(value string) string {
	key := storable(value)
	runes := 0
	for i := range key {
		if runes == longTerm {
			return key[:i]
		}
		runes++
	}
	return key
}

// Index adds entries for a user, as [db.Tx.Later]; those already there stay.
func Index(tx *db.Tx, pool id.Pool, sub id.Sub, terms []Term) {
	if len(terms) == 0 {
		return
	}
	args := []any{pool, sub}
	rows := make([]string, len(terms))
	for i, term := range terms {
		rows[i] = fmt.Sprintf("($1, $%d, $%d, $2)", len(args)+1, len(args)+2)
		args = append(args, term.Name, term.Key)
	}
	tx.Later(`
		INSERT INTO user_attribute (pool_id, name, key, sub)
		VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT DO NOTHING`,
		args...)
}

// Unindex removes entries of a user, as [db.Tx.Later].
func Unindex(tx *db.Tx, pool id.Pool, sub id.Sub, terms []Term) {
	for _, term := range terms {
		tx.Later(`
			DELETE FROM user_attribute
			WHERE pool_id = $1 AND name = $2 AND key = $3 AND sub = $4`,
			pool, term.Name, term.Key, sub)
	}
}

// Query asks for a page of the users whose entry under a name equals a key or begins with it.
type Query struct {
	Name     string
	Key      string // by TermKey
	Prefix   bool
	AfterKey string // the place after which the page begins: a Hit's Key and Sub
	AfterSub id.Sub
	Limit    int
}

// Hit is a user found, and the place at which.
type Hit struct {
	Key  string
	User *User
}

// Search answers in the order of keys and then of subs. Entries are cut values: the caller compares the whole ones.
func Search(tx *db.Tx, pool id.Pool, q Query) ([]Hit, error) {
	if !q.Prefix {
		return db.All(tx, scanHit, `
			SELECT a.key, `+columns+`
			FROM user_attribute a
			JOIN user_account u ON u.pool_id = a.pool_id AND u.sub = a.sub
			WHERE a.pool_id = $1 AND a.name = $2 AND a.key = $3 AND a.sub > $4
			ORDER BY a.sub
			LIMIT $5`,
			pool, q.Name, q.Key, q.AfterSub, q.Limit)
	}

	from, fromSub := q.Key, id.Sub("")
	if q.AfterKey > from {
		from = q.AfterKey
	}
	if q.AfterKey == from {
		fromSub = q.AfterSub
	}
	return db.All(tx, scanHit, `
		SELECT a.key, `+columns+`
		FROM user_attribute a
		JOIN user_account u ON u.pool_id = a.pool_id AND u.sub = a.sub
		WHERE a.pool_id = $1 AND a.name = $2 AND (a.key, a.sub) > ($3, $4) AND a.key < $5
		ORDER BY a.key, a.sub
		LIMIT $6`,
		pool, q.Name, from, fromSub, db.AfterPrefix(q.Key), q.Limit)
}

type scanPrefix struct {
	row   db.Scanner
	first any
}

func (s scanPrefix) Scan(dest ...any) error { return s.row.Scan(append([]any{s.first}, dest...)...) }

func scanHit(row db.Scanner) (h Hit, err error) {
	h.User, err = scan(scanPrefix{row, &h.Key})
	return h, err
}
