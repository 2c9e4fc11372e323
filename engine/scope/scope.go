package scope

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/resourceserver"
	"cardea/spec/id"
)

// The scopes that have a meaning of their own: with OpenID there is an ID token, with Self the user's own account is open to
// the app.
const (
	OpenID = "openid"
	Self   = "aws.cognito.signin.user.admin"

	// Register is the scope of an access token by which an app may register another one. No resource server defines it.
	Register = "aws.cognito/dcr/register"
)

// ErrRefused says that a client asks for a scope that it is not allowed, or that none is left of what it asks for.
var ErrRefused = errors.New("the scope is not allowed to the client")

// system are the scopes that every pool has. They concern a user, so a client that acts for itself has none of them.
var system = []string{"phone", "email", OpenID, "profile", Self}

// OfUsers reports whether a scope is one of those that every pool has.
func OfUsers(scope string) bool { return slices.Contains(system, scope) }

// Exists reports whether a scope is one of the pool's or of its resource servers': "<identifier>/<name>", where only
// identifiers may have slashes of their own.
func Exists(tx *db.Tx, pool id.Pool, scope string) (bool, error) {
	if OfUsers(scope) || scope == Register {
		return true, nil
	}
	slash := strings.LastIndexByte(scope, '/')
	if slash < 0 {
		return false, nil
	}
	server, err := resourceserver.Get(tx, pool, scope[:slash])
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("get resource server: %w", err)
	}
	return server.Defines(scope), nil
}

// ForUser are the scopes that a client is granted of those it asks for, for one of its users; nil asks for all that it is
// allowed. Scopes that no longer exist are left out. It answers ErrRefused for a scope that the client is not allowed, for
// email, phone or profile without openid, and when none is left.
func ForUser(tx *db.Tx, c *client.Client, asked []string) ([]string, error) {
	for _, scope := range asked {
		if OfUsers(scope) && scope != Self && !slices.Contains(asked, OpenID) {
			return nil, ErrRefused
		}
	}
	return granted(tx, c, asked, c.Doc.AllowedOAuthScopes)
}

// ForClient are the scopes that a client is granted for itself, likewise.
func ForClient(tx *db.Tx, c *client.Client, asked []string) ([]string, error) {
	return granted(tx, c, asked, slices.DeleteFunc(slices.Clone(c.Doc.AllowedOAuthScopes), OfUsers))
}

func granted(tx *db.Tx, c *client.Client, asked, allowed []string) ([]string, error) {
	if asked == nil {
		asked = allowed
	}
	var list []string
	for _, scope := range asked {
		if !slices.Contains(allowed, scope) {
			return nil, ErrRefused
		}
		exists, err := Exists(tx, c.Pool, scope)
		if err != nil {
			return nil, err
		}
		if exists {
			list = append(list, scope)
		}
	}
	if len(list) == 0 {
		return nil, ErrRefused
	}
	return list, nil
}
