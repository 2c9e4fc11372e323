package passkeys

import (
	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB            *db.DB
	Ring          *datakey.Ring
	Pages         *page.Codec
	Authenticator *access.Authenticator
}

var _ cognitoidp.Passkeys = (*Service)(nil)

// bearer admits the bearer of an access token, with the faults that these operations have.
func (s *Service) bearer(tx *db.Tx, accessToken string) (*access.Bearer, error) {
	b, err := s.Authenticator.Bearer(tx, accessToken)
	if awsjson.IsFault(err, "UserNotFoundException") {
		return nil, cognitoidp.NotAuthorized("Access Token has been revoked") // the user is deleted; the model has no word for it here
	}
	return b, err
}
