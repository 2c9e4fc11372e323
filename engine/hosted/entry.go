package hosted

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
)

// Entry is how an operation that needs no token is entered: by an app, which proves itself by its SECRET_HASH where it has a
// secret, or by the pages of a pool's domain, on behalf of an app whose authorization request was judged. The zero Entry is
// that of apps.
type Entry struct{ judged *Request }

// AtPages is the entry of a visitor who has come with a request.
func AtPages(judged *Request) Entry { return Entry{judged} }

// App finds the app that an operation names. At the pages it is the one of the visitor's request, and needs no SECRET_HASH. It
// answers ErrProvider when the app's users have no accounts of the pool itself.
func (e Entry) App(ctx context.Context, apps access.Apps, clientID, username, hash string) (access.App, error) {
	if e.judged == nil {
		return apps.Proven(ctx, clientID, username, hash)
	}
	if clientID != string(e.judged.Client.ID) {
		return access.App{}, &access.UnknownError{Client: clientID}
	}
	if !e.judged.Serves("") {
		return access.App{}, ErrProvider
	}
	return e.judged.App, nil
}

// Source is where the user is. given is what an app says about that; may be nil.
func (e Entry) Source(ctx context.Context, c *client.Client, given *cognitoidp.UserContextDataType) lockout.Source {
	if e.judged == nil {
		return lockout.From(ctx, c, given)
	}
	return lockout.FromBrowser(ctx, c)
}
