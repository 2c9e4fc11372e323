package federation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/lockout"
	"cardea/engine/proposal"
	"cardea/engine/trigger"
	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/record/replay"
	"cardea/record/user"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// ErrTrip says that a browser has come back from no trip that it could be on: it is over, was ended before, or led elsewhere.
var ErrTrip = errors.New("the browser is on no such trip to an identity provider")

// errOvertaken says that the user of an identity has become another while triggers were asked.
var errOvertaken = errors.New("the identity has got or lost its user meanwhile")

// maxRounds is how often a sign-in begins anew whose user has become another meanwhile.
const maxRounds = 4

// arrival is a visitor who has come back from a provider, on their way to being signed in:
//
//	load → identify → map → find → ask → commit → tell
//
// Load and find are read snapshots, and commit is the one write transaction. Nothing is locked between them, so that commit checks
// again what the steps before it relied on.
type arrival struct {
	*Service
	ctx     context.Context
	in      Return
	journal *upstream.Journal

	values   oauth2.Values // of the authorization request
	request  *hosted.Request
	provider *opened
	guesses  lockout.Guesses

	who       *upstream.Identity
	asserted  *asserted         // of SAML; nil: there is no assertion
	claims    map[string]string // what the provider says of the user, by its own names
	mapped    map[string]string // the same by the pool's attributes
	known     *user.User        // the user of the identity; nil: nobody has signed in with it
	expected  *user.User        // as the sign-in will leave them
	overrides *trigger.Overrides
	proposed  *proposal.Proposal // the link that is proposed in the place of a new user; nil: none

	created  bool
	user     *user.User // as the commit has left them
	finished *hosted.Finished
}

// Return signs in a visitor who comes back from a provider. It answers ErrTrip, lockout.ErrRateLimited, the conditions of hosted.Judge,
// and in a *hosted.RedirectError, if the request has an address to go back to, what is wrong with what the provider has sent or with
// its user, as an *oauth2.Error, and the conditions of triggers.
func (s *Service) Return(ctx context.Context, in Return) (*Arrived, error) {
	a := &arrival{Service: s, ctx: ctx, in: in, journal: &upstream.Journal{}}
	err := a.load()
	if err == nil {
		err = a.run()
	}
	s.Traces.Keep(ctx, a.journal, a.ending(err))
	if err != nil {
		return nil, worded(a.request, a.counted(err))
	}
	return &Arrived{Finished: a.finished, Values: a.values, Link: a.proposed}, nil
}

// ending is how the sign-in has ended, for its trace.
func (a *arrival) ending(err error) Ending {
	e := Ending{Return: a.in, Values: a.values, Identity: a.who, Linking: a.proposed != nil, Err: err}
	if a.provider != nil {
		e.Provider, e.Type = a.provider.Name, a.provider.Doc.ProviderType
	}
	switch {
	case err == nil && a.user != nil:
		e.Sub = a.user.Sub
	case a.known != nil:
		e.Sub = a.known.Sub
	}
	return e
}

// run signs the visitor in.
func (a *arrival) run() error {
	if err := a.identify(); err != nil {
		return err
	}
	if err := a.mapClaims(); err != nil {
		return err
	}
	if err := a.settle(); err != nil {
		return err
	}
	if a.proposed != nil {
		return nil
	}
	if a.created {
		if err := a.tellConfirmed(); err != nil {
			return err
		}
	}
	return a.Hosted.Complete(a.ctx, a.finished)
}

// settle finds the user, asks the triggers, and commits; again where another request has got ahead.
func (a *arrival) settle() error {
	for range maxRounds {
		if err := a.find(); err != nil {
			return err
		}
		if a.proposed != nil {
			return a.DB.Write(a.ctx, a.turnAside)
		}
		if err := a.ask(); err != nil {
			return err
		}
		err := a.DB.Write(a.ctx, a.commit)
		if !errors.Is(err, errOvertaken) && !errors.Is(err, db.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("sign in through %s: %w", a.provider.Name, errOvertaken)
}

// load finds the trip that the browser is on, its request and its provider.
func (a *arrival) load() error {
	name, err := a.readTrip()
	if err != nil {
		return err
	}
	if err := a.refresh(a.ctx, a.in.Site.Pool, name); err != nil {
		return err
	}
	return a.DB.Read(a.ctx, func(tx *db.Tx) error {
		if a.in.Trip != nil {
			used, err := replay.Used(tx, a.in.Site.Pool, a.spent())
			if err != nil {
				return err
			}
			if used {
				return ErrTrip
			}
		}
		if a.request, err = a.Hosted.Judge(tx, a.in.Site.Pool, a.values); err != nil {
			return err
		}
		if a.in.Trip != nil && a.request.Pool.Outlived(db.Time(a.in.Trip.Began)) {
			return ErrTrip
		}
		if a.provider, err = a.providerOf(tx, a.request, name); err != nil {
			return err
		}
		if err := a.checkEntry(tx); err != nil {
			return err
		}
		a.guesses = lockout.GuessesAtProviders(lockout.FromBrowser(a.ctx, a.request.Client))
		if err := a.guesses.RateLimited(tx, a.request.Pool.ID); err != nil {
			return a.request.Refused(err)
		}
		return nil
	})
}

// readTrip reads the authorization request, and names the provider.
func (a *arrival) readTrip() (name string, err error) {
	trip := a.in.Trip
	if trip == nil {
		return a.readUnsolicited()
	}
	handle := a.in.Values.Get("state")
	if a.in.Path == SAMLCallback {
		handle = a.in.Values.Get(saml.RelayField)
	}
	if a.in.Values.Check() != nil || !trip.EndsAt(a.in.Path, handle, a.DB.Now()) {
		return "", ErrTrip
	}
	if a.values, err = oauth2.Parse(trip.Query); err != nil {
		return "", ErrTrip
	}
	return trip.Provider, nil
}

// checkEntry refuses a provider of another kind than the callback is for. The kind of a provider can only differ from that of its trip
// when it was replaced meanwhile.
func (a *arrival) checkEntry(tx *db.Tx) error {
	if (a.provider.SAML != nil) != (a.in.Path == SAMLCallback) {
		return ErrTrip
	}
	if a.in.Trip == nil {
		return a.checkUnsolicited(tx)
	}
	return nil
}

// spent is under which name the handle of the trip is used up.
func (a *arrival) spent() string { return "trip/" + a.in.Trip.Handle }

// spend uses up the trip and what the provider has sent.
func (a *arrival) spend(tx *db.Tx) error {
	if trip := a.in.Trip; trip != nil {
		err := replay.Use(tx, a.request.Pool.ID, a.spent(), db.Time(trip.Began).Add(2*interaction.TripLife))
		if errors.Is(err, db.ErrExists) {
			return ErrTrip
		}
		if err != nil {
			return err
		}
	}
	if a.asserted == nil {
		return nil
	}
	err := replay.Use(tx, a.request.Pool.ID, a.asserted.name, a.asserted.until)
	if errors.Is(err, db.ErrExists) {
		return errReplayed
	}
	return err
}

// checkProvider refuses a sign-in at a provider that was deleted, replaced or changed since.
func (a *arrival) checkProvider(tx *db.Tx) error {
	now, err := provider.Get(tx, a.request.Pool.ID, a.provider.Name)
	if errors.Is(err, db.ErrNotFound) || err == nil && !a.provider.same(now) {
		return hosted.ErrProvider
	}
	return err
}

// authTime is when the user has signed in: now, as in Cognito, unless the app wants to know how long ago it was at the provider.
func (a *arrival) authTime(now time.Time) time.Time {
	at := a.who.AuthTime
	if a.request.MaxAge == nil || at.IsZero() || at.After(now) {
		return now
	}
	return at
}

// same tells whether a stored provider is the one that was opened: its settings were not changed since, nor was it deleted and made
// anew. That metadata of SAML were fetched anew changes none of them.
func (p *opened) same(now *provider.Provider) bool {
	return bytes.Equal(p.Sealed, now.Sealed) && reflect.DeepEqual(p.Doc, now.Doc)
}
