package resourceserver

import (
	"encoding/json"
	"fmt"
	"strings"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Server is one resource server of a pool.
type Server struct {
	Pool       id.Pool
	Identifier string                        // chosen by the pool's owner, often a URL
	Doc        cognitoidp.ResourceServerType // as DescribeResourceServer shows it
}

// Defines tells whether the server defines a scope, given by its full name.
func (s *Server) Defines(scope string) bool {
	name, found := strings.CutPrefix(scope, s.Identifier+"/")
	if !found {
		return false
	}
	for _, own := range s.Doc.Scopes {
		if own.ScopeName == name {
			return true
		}
	}
	return false
}

// Insert adds a new resource server; an identifier that the pool already has gives db.ErrExists.
func Insert(tx *db.Tx, s *Server) error {
	doc, err := s.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		INSERT INTO resource_server (pool_id, identifier, doc)
		VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`,
		string(s.Pool), s.Identifier, doc)
	if err != nil {
		return fmt.Errorf("insert resource server: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a resource server by its identifier, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, identifier string) (*Server, error) {
	return db.One(tx, scan, `
		SELECT pool_id, identifier, doc
		FROM resource_server
		WHERE pool_id = $1 AND identifier = $2`,
		string(pool), identifier)
}

// Update replaces the document of a resource server, or answers db.ErrNotFound.
func Update(tx *db.Tx, s *Server) error {
	doc, err := s.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE resource_server
		SET doc = $1
		WHERE pool_id = $2 AND identifier = $3`,
		doc, string(s.Pool), s.Identifier)
	if err != nil {
		return fmt.Errorf("update resource server: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Delete removes a resource server, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, identifier string) error {
	rows, err := tx.Exec(`
		DELETE FROM resource_server
		WHERE pool_id = $1 AND identifier = $2`,
		string(pool), identifier)
	if err != nil {
		return fmt.Errorf("delete resource server: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// List gives up to limit resource servers of the pool in the order of their identifiers, beginning behind after (empty: at
// the first).
func List(tx *db.Tx, pool id.Pool, after string, limit int) ([]*Server, error) {
	return db.All(tx, scan, `
		SELECT pool_id, identifier, doc
		FROM resource_server
		WHERE pool_id = $1 AND identifier > $2
		ORDER BY identifier
		LIMIT $3`,
		string(pool), after, limit)
}

func (s *Server) encode() (string, error) {
	doc, err := json.Marshal(&s.Doc)
	if err != nil {
		return "", fmt.Errorf("encode resource server: %w", err)
	}
	return string(doc), nil
}

func scan(row db.Scanner) (*Server, error) {
	var pool, identifier, doc string
	if err := row.Scan(&pool, &identifier, &doc); err != nil {
		return nil, err
	}
	s := &Server{Pool: id.Pool(pool), Identifier: identifier}
	if err := json.Unmarshal([]byte(doc), &s.Doc); err != nil {
		return nil, fmt.Errorf("decode resource server: %w", err)
	}
	return s, nil
}
