package oauth

import (
	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Service answers the endpoints of all pools.
type Service struct {
	Apps   access.Apps
	DB     *db.DB
	Tokens *token.Minter
	Hosted *hosted.Server
}

// Request is a request that a client makes of a pool's endpoint.
type Request struct {
	Pool   id.Pool
	Client []oauth2.Credentials // the readings of what the client has sent; any may be right
	Form   oauth2.Values
	Holder Holder
}

// missing is the error for a parameter that is missing or cannot be read.
func missing() error { return &oauth2.Error{Code: oauth2.InvalidRequest} }
