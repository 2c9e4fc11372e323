package authorization

import (
	"context"

	"cardea/engine/temporary"
	"cardea/record/principal"
)

// Principal is who signed a request.
type Principal struct {
	// Account is the account of the principal, twelve digits.
	Account string
	// ARN is as GetCallerIdentity shows it: of the root user, a user, "…:assumed-role/<role>/<session>" or
	// "…:federated-user/<name>".
	ARN string
	// UserID is aws:userid: the account for the root user, the id of a user, "<id of the role>:<session>" or "<account>:<name>".
	UserID string
	// Entity is the role or user; nil for the root user. It is shared and must not be changed.
	Entity *principal.Principal
	// Session is the temporary session; nil for a long-term key.
	Session *temporary.Session
}

// Root reports whether the principal is the root user with a long-term key, who may do everything.
func (p *Principal) Root() bool { return p.Entity == nil && p.Session == nil }

// UserName is the name of the user of IAM who signed, or "".
func (p *Principal) UserName() string {
	if p.Entity == nil || p.Entity.Kind != principal.User {
		return ""
	}
	return p.Entity.Name
}

// unlimited reports whether no policy is asked: of the root user, and of a session of GetSessionToken of theirs.
func (p *Principal) unlimited() bool {
	return p.Entity == nil && (p.Session == nil || p.Session.Kind == temporary.SessionToken)
}

type contextKey struct{}

// With returns a context that carries the principal.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From is the principal that signed the request, or nil for an unsigned one.
func From(ctx context.Context) *Principal {
	p, _ := ctx.Value(contextKey{}).(*Principal)
	return p
}
