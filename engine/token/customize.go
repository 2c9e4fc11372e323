package token

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/triggerevent"
)

// Customization is what PreTokenGeneration is told.
type Customization struct {
	access.App
	User     *user.User
	Kind     session.Kind
	Scopes   []string // of an OAuth session
	Occasion triggerevent.Occasion
	Metadata map[string]string
}

// Customize asks the pool's PreTokenGeneration trigger what the tokens of a user are to say. It is called outside of
// transactions, and answers nil when the pool has no such trigger.
func (m *Minter) Customize(ctx context.Context, c Customization) (*trigger.Overrides, error) {
	if !trigger.Configured(c.Pool.Doc.LambdaConfig, triggerevent.PreTokenGeneration) {
		return nil, nil
	}
	var groups []group.Group
	err := m.DB.Read(ctx, func(tx *db.Tx) (err error) {
		groups, err = group.ForUser(tx, c.Pool.ID, c.User.Sub)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("groups of user: %w", err)
	}
	changes, err := m.Triggers.PreTokenGeneration(ctx, trigger.Call{
		App: c.App, Occasion: c.Occasion, User: c.User, Metadata: c.Metadata,
	}, groupsOf(groups), granted(c.Kind, c.Scopes))
	if err != nil || changes == nil {
		return nil, err
	}
	if c.Pool.Follows(pool.TokenExchange) {
		delete(changes.Access.Add, "act") // who acts for a user is not a function's matter there
	}
	if c.Pool.Follows(pool.BackChannelLogout) {
		delete(changes.ID.Add, "sid") // the session's name is not either
	}
	return changes, nil
}
