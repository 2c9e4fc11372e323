package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/dpop"
	"cardea/spec/oauth2"
)

// Device makes a device of a client wait for a user, who answers in a browser (RFC 8628).
func (s *Service) Device(ctx context.Context, r Request) (out hosted.Device, err error) {
	var app access.App
	err = s.Apps.Prove(ctx, r.Pool, r.Client, func(_ *db.Tx, proven access.App) error {
		app = proven
		return nil
	})
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := countRow(tx, app, "device"); err != nil {
			return err
		}
		out, err = hosted.StartDevice(tx, app, oauth2.Scopes(r.Form.Get("scope")))
		return err
	})
	return out, err
}

// deviceCode gives the tokens of a device that its user has allowed.
type deviceCode struct {
	*Service
	form oauth2.Values
	app  access.App
}

func newDeviceCode(s *Service, r Request) grant { return &deviceCode{Service: s, form: r.Form} }

func (g *deviceCode) admit(_ *db.Tx, app access.App) error {
	g.app = app
	switch {
	case !app.Pool.Follows(pool.DeviceGrant):
		return &oauth2.Error{Code: oauth2.UnsupportedGrantType}
	case g.form.Get("device_code") == "":
		return missing()
	}
	return nil
}

func (g *deviceCode) issue(ctx context.Context, key *dpop.Proof) (*Tokens, error) {
	return g.Hosted.Poll(ctx, hosted.DevicePoll{App: g.app, Code: g.form.Get("device_code"), Key: key})
}
