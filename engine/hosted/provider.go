package hosted

import (
	"context"
	"slices"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Upstream is the identity provider that the browser is sent to without being shown a page; empty: there is none. For an app that
// has registered itself a page is shown in any case, which says whose app it is.
func (r *Request) Upstream() string {
	if r.Provider == client.Local || r.Client.SelfRegistered() {
		return ""
	}
	return r.Provider
}

// Renews tells whether the user is to prove anew who they are, also at a provider where they are signed in: as the app wants, and
// before they see their own pages.
func (r *Request) Renews() bool { return r.own != "" || r.Prompts(oauth2.PromptLogin) }

// Box is what a pool seals for browsers with whose app is not known yet.
func (s *Server) Box(ctx context.Context, pool id.Pool) (box *seal.Box, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		box, err = s.Apps.Ring.Box(tx, pool)
		return err
	})
	return box, err
}

// Federated tells whether users of the app may come from identity providers.
func (r *Request) Federated() bool {
	return slices.ContainsFunc(r.Client.Doc.SupportedIdentityProviders, func(name string) bool { return name != client.Local })
}
