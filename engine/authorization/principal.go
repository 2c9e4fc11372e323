package authorization

import (
	"context"
	"strings"

	"cardea/engine/temporary"
	"cardea/record/principal"
	"cardea/spec/arn"
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

// federated reports whether the session is a federated user's, who has neither the name nor the tags of the user behind it.
func (p *Principal) federated() bool {
	return p.Session != nil && p.Session.Kind == temporary.FederatedToken
}

// Lasting is the ARN of who the sessions are of: the role's for those of roles (aws:PrincipalArn).
func (p *Principal) Lasting(account arn.Account) string {
	if p.Entity == nil || p.federated() {
		return p.ARN
	}
	return p.Entity.ARN(account)
}

// Tags are those of the role or user and of the session, which count before them. Keys differ without regard to case.
func (p *Principal) Tags() map[string]string {
	all, spelled := map[string]string{}, map[string]string{}
	p.eachTag(func(key, value string) {
		folded := strings.ToLower(key)
		delete(all, spelled[folded])
		all[key], spelled[folded] = value, key
	})
	return all
}

// eachTag gives the tags of the role or user, and then those of the session.
func (p *Principal) eachTag(give func(key, value string)) {
	if p.Entity != nil && !p.federated() {
		for _, tag := range p.Entity.Doc.Tags {
			give(tag.Key, tag.Value)
		}
	}
	if p.Session == nil {
		return
	}
	for key, value := range p.Session.Tags {
		give(key, value)
	}
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
