package migration

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"time"
	"unicode/utf8"

	"cardea/engine/access"
	"cardea/engine/attributes"
	"cardea/engine/latency"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/triggerevent"
)

// NobodyError says that no user has a name, in the pool or, as far as its UserMigration function tells, elsewhere.
type NobodyError struct {
	Client id.Client // through which they were asked for
}

func (e *NobodyError) Error() string { return "the user is not to be migrated" }

// Migrator fetches users.
type Migrator struct {
	DB        *db.DB
	Triggers  trigger.Triggers
	Passwords *password.Hasher
	Outbox    *message.Outbox
	Now       func() time.Time // measures functions

	// Log is told why a function has not answered with a user who could be created; nil: nobody is.
	Log *slog.Logger

	limits  limits
	latency latency.History
}

// Request asks for a user whom the pool does not have.
type Request struct {
	access.App

	Occasion triggerevent.Occasion // Authentication or ForgotPassword
	Name     string                // as it was given, folded as the pool folds names
	Password string                // as it was given; empty when it was forgotten
	Data     map[string]string     // validationData
	Metadata map[string]string     // clientMetadata
	Source   lockout.Source        // where the request comes from
	Now      time.Time
}

// Fetched is a user who exists by now.
type Fetched struct {
	User *user.User

	// Created tells that the user was created with the password of the request. Otherwise somebody else has created them
	// meanwhile, and nothing is proven.
	Created bool
}

// Has tells whether the users whom a pool does not have may be fetched.
func Has(app access.App) bool {
	return trigger.Configured(app.Pool.Doc.LambdaConfig, triggerevent.UserMigration)
}

// Fetch asks the pool's function for a user and creates them, as the function says. It answers *NobodyError when there is
// none, or when the function is not to be asked again so soon.
func (m *Migrator) Fetch(ctx context.Context, r Request) (*Fetched, error) {
	nobody := &NobodyError{r.Client.ID}
	if !Has(r.App) {
		return nil, nobody
	}
	if !r.fits() || !m.limits.admit(r) {
		if err := m.Simulate(ctx, r.App); err != nil {
			return nil, err
		}
		return nil, nobody
	}

	found, err := m.ask(ctx, r)
	if stopped, ok := errors.AsType[*trigger.Error](err); ok {
		m.report(ctx, r, stopped)
		if stopped.Kind == trigger.Refused || stopped.Kind == trigger.Invalid {
			m.limits.remember(r)
		}
		return nil, nobody
	}
	if err != nil {
		return nil, err
	}
	m.limits.forgive(r)
	return found, nil
}

// Simulate takes as long as the function would, where the app must not know who exists: for a user whom nobody had to be asked
// for, and who has not proven anything. Elsewhere it does nothing.
func (m *Migrator) Simulate(ctx context.Context, app access.App) error {
	if !Has(app) || !app.Client.HidesUsers() {
		return nil
	}
	return m.latency.Simulate(ctx, function(app))
}

func function(app access.App) string {
	return trigger.ARN(app.Pool.Doc.LambdaConfig, triggerevent.UserMigration)
}

// ask asks the function and does what it answers. An *Error of trigger says why that cannot be done.
func (m *Migrator) ask(ctx context.Context, r Request) (*Fetched, error) {
	begun := m.Now()
	migrant, err := m.Triggers.UserMigration(ctx, trigger.Call{
		App: r.App, Occasion: r.Occasion, Username: r.Name, Data: r.Data, Metadata: r.Metadata,
	}, r.Password)
	if ctx.Err() == nil {
		m.latency.Record(function(r.App), m.Now().Sub(begun), nil)
	}
	if err != nil {
		return nil, err
	}
	return m.create(ctx, r, migrant)
}

// fits tells whether a user could be created by the name and the password that were given. Where not, there is nothing to
// ask for.
func (r Request) fits() bool {
	_, err := attributes.CheckUsername(r.Pool, r.Name)
	return err == nil && username.MatchString(r.Name) && utf8.RuneCountInString(r.Password) <= password.MaxLength
}

// username matches what the interface lets a user name be. A sign-in may send anything as one.
var username = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)

// report logs why a user was not fetched. That the function refuses is what it does for every wrong password.
func (m *Migrator) report(ctx context.Context, r Request, err *trigger.Error) {
	level := slog.LevelWarn
	if err.Kind == trigger.Refused {
		level = slog.LevelDebug
	}
	if m.Log != nil {
		m.Log.Log(ctx, level, "a user was not migrated", "pool", r.Pool.ID, "client", r.Client.ID, "error", err)
	}
}
