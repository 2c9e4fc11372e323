package iamentity

import (
	"errors"
	"strings"

	"cardea/platform/db"
	"cardea/record/principal"
)

// UnknownError says that there is no such entity.
type UnknownError struct {
	Kind string // "role", "user", "group", "role policy" and so on
	Name string
}

// Error is for logs.
func (e *UnknownError) Error() string { return "no " + e.Kind + " " + e.Name }

// ExistsError says that the name of a new entity is taken, in whichever case it is written.
type ExistsError struct {
	Kind string
	Name string
}

// Error is for logs.
func (e *ExistsError) Error() string { return e.Kind + " " + e.Name + " exists" }

// Find finds a role, user or group by its name, or answers an *UnknownError.
func Find(tx *db.Tx, kind principal.Kind, name string) (*principal.Principal, error) {
	p, err := principal.Get(tx, kind, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, &UnknownError{Kind: string(kind), Name: name}
	}
	return p, err
}

// Path is the path of a new entity, which is "/" where none is given.
func Path(given string) string {
	if given == "" {
		return "/"
	}
	return given
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// Document writes a policy as answers have it: percent-encoded as RFC 3986 says, all but unreserved characters.
func Document(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}
