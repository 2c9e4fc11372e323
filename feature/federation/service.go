package federation

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/trigger"
	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on identity providers, and signs users in with accounts there.
type Service struct {
	DB    *db.DB
	Ring  *datakey.Ring
	Pages *page.Codec

	Upstream *upstream.Client
	Social   Social // where the social providers are
	HTTP     bool   // providers may be called by http, too

	Traces   *Traces // of sign-ins
	Hosted   *hosted.Server
	Triggers trigger.Triggers

	Now   func() time.Time
	Log   *slog.Logger
	Maker func() (*rsa.PrivateKey, error) // makes a key of 2048 bits; nil: a new one

	mu      sync.Mutex
	fetched map[string]time.Time // when it was last tried to fetch metadata anew
}

var _ cognitoidp.Federation = (*Service)(nil)

// found is err, or that there is no provider of a name.
func found(err error, name string) error {
	if errors.Is(err, db.ErrNotFound) {
		return cognitoidp.ResourceNotFound("Identity provider " + name + " does not exist.")
	}
	if err != nil {
		return fmt.Errorf("find identity provider: %w", err)
	}
	return nil
}
