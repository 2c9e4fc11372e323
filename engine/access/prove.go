package access

import (
	"context"
	"errors"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Prove finds the app that proves itself by its id and one of its secrets, or by its id alone if it has none, and runs fn on
// it in the same read transaction. given are the readings of what the app has sent, of which any may be right. pool is where
// the app must be; empty: anywhere.
//
// A wrong secret counts against the caller's address, and never locks the client. Prove answers *UnknownError, *SecretError,
// lockout.ErrRateLimited, and fn's errors.
func (a Apps) Prove(ctx context.Context, pool id.Pool, given []oauth2.Credentials, fn func(tx *db.Tx, app App) error) error {
	guesses := lockout.GuessesOf(ctx)
	var guessed id.Pool // where a wrong secret was given
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		app, err := a.proven(tx, pool, given)
		if app.Pool == nil {
			return err
		}
		if err := guesses.RateLimited(tx, app.Pool.ID); err != nil {
			return err
		}
		if _, wrong := errors.AsType[*SecretError](err); wrong && app.Client.HasSecret() && given[0].Secret != "" {
			guessed = app.Pool.ID
		}
		if err != nil {
			return err
		}
		return fn(tx, app)
	})
	if guessed == "" {
		return err
	}
	if err := a.DB.Write(ctx, func(tx *db.Tx) error { return guesses.Fail(tx, guessed) }); err != nil {
		return err
	}
	return err
}

// proven finds the app by the first reading that proves one. With *SecretError it answers the app that is not proven.
func (a Apps) proven(tx *db.Tx, pool id.Pool, given []oauth2.Credentials) (app App, err error) {
	for _, c := range given {
		if app, err = a.named(tx, pool, c.ID); err != nil {
			continue
		}
		if err = app.CheckSecret(c.Secret); err == nil {
			return app, nil
		}
	}
	return app, err
}

// named finds an app by its id, in a pool or in any.
func (a Apps) named(tx *db.Tx, pool id.Pool, clientID string) (App, error) {
	app, err := a.Find(tx, clientID)
	if err == nil && pool != "" && app.Pool.ID != pool {
		return App{}, &UnknownError{Client: clientID}
	}
	return app, err
}
