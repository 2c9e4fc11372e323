package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/trigger"
	"cardea/engine/unknown"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/passkey"
	"cardea/record/softwaretoken"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// maxUsername bounds what can be signed in with, in bytes: it has to fit into a Session.
const maxUsername = 512

// attempt is one step of a sign-in on its way through the pipeline.
type attempt struct {
	*Service
	ctx context.Context
	now time.Time
	in  Request // what was asked

	judged *hosted.Request // the authorization request; nil unless ByPages

	access.Subject // whom it is about; User is nil for a name that no user has
	progress       // how far it has come
	decision       // what comes next

	available  []string           // all that the user could begin with, for the first answer of USER_AUTH
	sent       *sent              // the code that the next challenge is about
	validation map[string]string  // of the request that begins the sign-in, for the triggers before it is judged
	metadata   map[string]string  // of the answer, for the triggers after it
	overrides  *trigger.Overrides // what PreTokenGeneration changes in the tokens
	ending     ending             // what the finished sign-in gives
}

// progress is how far a sign-in has come, and what the answer is judged by.
type progress struct {
	name     string          // the name signed in with, folded
	found    string          // the name of a user who has given none, as pages show it
	hidden   *user.User      // the user of that name, who is treated as an unknown one
	state    challenge.State // as it was sealed at the challenge that is answered, and then as it goes on
	opened   bool            // the state came in a Session
	signedUp bool            // that of a sign-up just confirmed
	fetched  bool            // UserMigration was asked for the user
	exchange exchange        // the SRP exchange that is answered

	custom *challenge.Custom // what a custom sign-in remembers; nil in others
	public map[string]string // what its next challenge tells the client

	from   caller.Caller // the program and address that the user signs in from
	source lockout.Source
	try    lockout.Try
	lock   error // a condition of lockout while guesses are refused

	wrong     *failure             // the answer, where it was wrong
	guessesAt guessed              // which of the user's failures an answer counts among
	device    recognised           // the device signed in on
	passkeys  []passkey.Credential // the user's, where they may be used
	token     *softwaretoken.Token // the user's, where a code of it is judged
}

// guessed is the secret that an answer guesses at. Wrong passwords lock the password; wrong answers to custom challenges lock
// these; wrong answers to any other challenge lock the other factors.
type guessed int

const (
	atPassword guessed = iota
	atFactor
	atCustom // whatever the pool's functions ask for
)

func newAttempt(s *Service, ctx context.Context, in Request) *attempt {
	return &attempt{Service: s, ctx: ctx, in: in, ending: in.Entry.ending()}
}

// enter finds the app.
func (a *attempt) enter(tx *db.Tx) (err error) {
	switch a.in.Entry {
	case ByAdministrator:
		a.App, err = a.Apps.FindIn(tx, a.in.Pool, a.in.Client)
	case ByPages:
		err = a.judgeAuthorization(tx)
	default:
		a.App, err = a.Apps.Find(tx, a.in.Client)
	}
	if err != nil {
		return err
	}
	a.now = tx.Now
	a.from, a.source = a.in.Caller, a.in.Source(a.Client)
	if a.source.Address != "" {
		a.from.IP = a.source.Address
	}
	return nil
}

func (a *attempt) judgeAuthorization(tx *db.Tx) (err error) {
	a.judged, err = a.Hosted.Judge(tx, a.in.Authorization.Pool, a.in.Authorization.Values)
	if err != nil {
		return err
	}
	if !a.judged.Serves("") {
		return hosted.ErrProvider
	}
	a.App = a.judged.App
	return nil
}

// proveApp checks SECRET_HASH, which is over the name as it was sent. At the pages the authorization request stands for the app,
// which proves itself when it redeems the code.
func (a *attempt) proveApp(name string) error {
	if a.in.Entry == ByPages {
		return nil
	}
	return a.CheckSecretHash(name, a.in.Given["SECRET_HASH"])
}

// find looks up the user whom USERNAME names, and begins their sign-in. There may be no such user.
func (a *attempt) find(tx *db.Tx) error {
	login := a.in.Given["USERNAME"]
	if len(login) > maxUsername {
		return cognitoidp.InvalidParameter("1 validation error detected: Value at 'username' failed to satisfy constraint: " +
			"Member must have length less than or equal to 128")
	}
	if err := a.proveApp(login); err != nil {
		return err
	}
	u, err := account.Find(tx, a.Pool, login)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find user: %w", err)
	}
	a.name, a.User = a.Pool.Fold(login), u
	a.state = challenge.New(a.now, a.name, u)
	return a.recognise(tx)
}

// resume finds the user that a sealed state is about, and sees that USERNAME means the same: the name signed in with, the
// user name or the sub.
func (a *attempt) resume(tx *db.Tx) error {
	a.name = a.state.Name
	given := a.Pool.Fold(a.in.Given["USERNAME"])
	if a.state.Sub == "" {
		if err := a.findHidden(tx); err != nil {
			return err
		}
		if given != a.name && given != a.unknownID() {
			return a.overtaken()
		}
		return a.beginTry(tx)
	}
	asked := user.Ask(tx, a.Pool.ID, a.state.Sub)
	try := lockout.Ask(tx, a.Pool.ID, lockoutKey(a.guessesAt, a.state.Sub), a.source)
	if tx.Writable() { // the transaction that loads commits, too
		a.ending.ahead(tx, a.Pool.ID, a.state.Sub)
	}
	u, err := asked.Get()
	if errors.Is(err, db.ErrNotFound) {
		return a.overtaken()
	}
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	audit.About(tx.Context(), string(u.Pool), string(u.Sub))
	if !a.state.Of(u) || given != a.Pool.Fold(u.Username) && given != string(u.Sub) && given != a.name {
		return a.overtaken()
	}
	a.User = u
	if err := a.recognise(tx); err != nil {
		return err
	}
	return a.begun(try())
}

// unknownID is the user name of the stand-in for an unknown user, or of a user who is treated as one. All that is derived
// from a stand-in is derived from it.
func (a *attempt) unknownID() string {
	if a.hidden != nil {
		return a.hidden.Username
	}
	return unknown.ID(a.Pool, a.Box, a.name)
}

// treatAsUnknown goes on with a user who has nothing to begin with as with an unknown one, so that the two cannot be told
// apart by any later step. What is answered still belongs to the user's id, as in the flows that do not come by here.
func (a *attempt) treatAsUnknown() {
	a.User, a.hidden, a.device = nil, a.User, recognised{}
	a.state = challenge.New(a.now, a.name, nil)
}

// findHidden finds the user whom an earlier step has treated as unknown, if there is one.
func (a *attempt) findHidden(tx *db.Tx) error {
	u, err := account.Find(tx, a.Pool, a.name)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find user: %w", err)
	}
	a.hidden = u
	return nil
}

// overtaken is the refusal of an answer whose USERNAME is not the user of the sign-in, or of one that began with a password
// which has been replaced since.
func (a *attempt) overtaken() error {
	if a.opened {
		return challenge.ErrInvalid
	}
	return incorrect()
}

// passwordHolder is the user if there is a password to be judged, nil for unknown users and for those whose password is
// void.
func (a *attempt) passwordHolder() *user.User {
	if a.User == nil {
		return nil
	}
	switch a.User.Status {
	case cognitoidp.UserStatusTypeConfirmed, cognitoidp.UserStatusTypeForceChangePassword:
		return a.User
	default:
		return nil
	}
}

// known answers account.ErrNoUser for a name that no user has, where the app may learn that. Asking counts among the
// failures of the address it comes from.
func (a *attempt) known() error {
	if a.User == nil && !a.Client.HidesUsers() {
		return &failure{fault: account.ErrNoUser, unknown: true}
	}
	return nil
}

// enabled is all that is checked where an answer is a choice and no guess. Whoever makes it has proven a first factor, and is
// not to be kept out by others' guesses.
func (a *attempt) enabled() error {
	if a.User != nil && !a.User.Enabled {
		return account.ErrDisabled
	}
	return nil
}

// mayGuess checks what keeps a user from signing in by whatever proof.
func (a *attempt) mayGuess() error {
	if err := a.known(); err != nil {
		return err
	}
	if err := a.enabled(); err != nil {
		return err
	}
	return a.lock
}

// mayGuessPassword checks, in Cognito's order, what keeps a user from signing in whatever the password
// (docs/cognito/sign-in.md, "Order of checks").
func (a *attempt) mayGuessPassword() error {
	if u := a.User; u != nil && u.Enabled {
		switch {
		case u.Status == cognitoidp.UserStatusTypeUnconfirmed:
			return account.ErrUnconfirmed
		case u.Status == cognitoidp.UserStatusTypeResetRequired && !a.Client.HidesUsers():
			return account.ErrResetRequired
		}
	}
	return a.mayGuess()
}

func incorrect() error { return cognitoidp.NotAuthorized("Incorrect username or password.") }
