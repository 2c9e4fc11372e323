package federation

import (
	"context"
	"errors"
	"time"

	"cardea/engine/hosted"
	"cardea/platform/db"
)

const relayState = "RelayState"

var errReplayed = errors.New("the assertion was used before")

// asserted is an assertion that is used up by a sign-in.
type asserted struct {
	name  string
	until time.Time
}

func (s *Service) departBySAML(context.Context, *hosted.Request, *opened, Visit, *Departure) error {
	return hosted.ErrProvider
}

func (a *arrival) identifyBySAML() error { return hosted.ErrProvider }

func (a *arrival) readUnsolicited() (string, error) { return "", ErrTrip }

func (a *arrival) checkUnsolicited(*db.Tx) error { return ErrTrip }
