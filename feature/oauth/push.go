package oauth

import (
	"context"
	"errors"
	"time"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/quota"
	"cardea/spec/oauth2"
)

// Pushed is the name of a pushed authorization request, and how long a browser may come with it.
type Pushed struct {
	URI  string
	Life time.Duration
}

// Push keeps an authorization request of a client for its user's browser (RFC 9126). What is wrong with it is told at once.
func (s *Service) Push(ctx context.Context, r Request) (Pushed, error) {
	if r.Form.Has("request_uri") {
		return Pushed{}, missing()
	}
	var request *hosted.Request
	err := s.Apps.Prove(ctx, r.Pool, r.Client, func(tx *db.Tx, app access.App) (err error) {
		asked := r.Form.Without("client_secret").With("client_id", string(app.Client.ID))
		request, err = s.Hosted.Judge(tx, app.Pool.ID, asked)
		if err == nil && (request.Own() != "" || request.Device != nil) {
			return missing() // they are for pages
		}
		return err
	})
	if errors.Is(err, hosted.ErrRedirect) {
		return Pushed{}, &oauth2.Error{Code: oauth2.InvalidRequest, Description: "The redirect_uri is not registered for the client."}
	}
	if err != nil {
		return Pushed{}, err
	}
	key, err := s.key(request.Pool, r.Holder)
	if err == nil {
		err = request.BindTo(key)
	}
	if err != nil {
		return Pushed{}, err
	}
	out := Pushed{Life: hosted.PushedLife}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := countRow(tx, request.App, "par"); err != nil {
			return err
		}
		if err := token.Spend(tx, request.Pool.ID, key); err != nil {
			return err
		}
		out.URI, err = request.Push(tx)
		return err
	})
	return out, err
}

// What a minute may leave behind for users to come: of one client, and for clients that anybody may pretend to be, from one
// address.
const (
	maxOfClient  = 600
	maxOfAddress = 60
)

// countRow counts a row that a client leaves behind, or answers lockout.ErrRateLimited.
func countRow(tx *db.Tx, app access.App, kind string) error {
	if network := lockout.FromBrowser(tx.Context(), app.Client).Network(); network != "" && !app.Client.IsServer() {
		uses, err := quota.Use(tx, app.Pool.ID, kind+"/address/"+network, maxOfAddress, time.Minute)
		if err != nil {
			return err
		}
		if uses > maxOfAddress {
			return lockout.ErrRateLimited
		}
	}
	uses, err := quota.Use(tx, app.Pool.ID, kind+"/client/"+string(app.Client.ID), maxOfClient, time.Minute)
	if err == nil && uses > maxOfClient {
		err = lockout.ErrRateLimited
	}
	return err
}
