package bearer

import (
	"context"

	"cardea/engine/access"
	"cardea/platform/db"
)

// Visitor finds the user who is signed in at the pages of a pool's domain, as tx sees them. It decides itself whether they may act
// on their account, and gives a Subject without a session and without scopes.
type Visitor func(tx *db.Tx) (*access.Subject, error)

type visitorKey struct{}

// WithVisitor makes the context in which a page calls operations on its visitor's own account. Visitors have no access token: the
// operations are given none, and act for the visitor. Nothing that a request carries makes such a context.
func WithVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// Visits tells whether a page calls for its visitor.
func Visits(ctx context.Context) bool { return visitorOf(ctx) != nil }

func visitorOf(ctx context.Context) Visitor {
	v, _ := ctx.Value(visitorKey{}).(Visitor)
	return v
}
