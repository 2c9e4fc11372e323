package devices

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/bearer"
	"cardea/engine/device"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB            *db.DB
	Pages         *page.Codec
	Authenticator *bearer.Authenticator
	Account       string // twelve digits, for ARNs
}

var _ cognitoidp.Devices = (*Service)(nil)

// transaction is Read or Write of the authenticator.
type transaction func(ctx context.Context, accessToken string, fn func(*db.Tx, *access.Subject) error) error

// with runs fn on the bearer of an access token, if their pool tracks devices.
func with(ctx context.Context, in transaction, accessToken string, fn func(*db.Tx, *access.Subject) error) error {
	if accessToken == "" && !bearer.Visits(ctx) { // the model does not require it in every operation, but only the token names the user
		return cognitoidp.InvalidParameter("1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null")
	}
	return in(ctx, accessToken, func(tx *db.Tx, who *access.Subject) error {
		if !device.Tracks(who.Pool) {
			return cognitoidp.InvalidParameter("Device tracking is not configured for the user pool.")
		}
		return fn(tx, who)
	})
}
