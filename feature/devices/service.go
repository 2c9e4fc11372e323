package devices

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/device"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB            *db.DB
	Ring          *datakey.Ring
	Pages         *page.Codec
	Authenticator *access.Authenticator
	Account       string // twelve digits, for ARNs
}

var _ cognitoidp.Devices = (*Service)(nil)

// bearer admits the bearer of an access token, if their pool tracks devices.
func (s *Service) bearer(tx *db.Tx, accessToken string) (*access.Bearer, error) {
	if accessToken == "" { // the model does not require it everywhere, but nothing else says whose device is meant
		return nil, cognitoidp.InvalidParameter("1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null")
	}
	b, err := s.Authenticator.Bearer(tx, accessToken)
	if err != nil {
		return nil, err
	}
	if !device.Tracks(b.Pool) {
		return nil, cognitoidp.InvalidParameter("Device tracking is not configured for the user pool.")
	}
	return b, nil
}

// change does something to a device of the bearer of an access token.
func (s *Service) change(ctx context.Context, accessToken string, do func(*db.Tx, *access.Bearer) error) error {
	// Strangers' tokens are weeded out before the one writer is bothered.
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.bearer(tx, accessToken)
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := s.bearer(tx, accessToken)
		if err != nil {
			return err
		}
		return do(tx, b)
	})
}
