package signin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/lockout"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/device"
	"cardea/record/passkey"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// maxUsername bounds what can be signed in with, in bytes: it has to fit into a Session.
const maxUsername = 512

// turn is one request of a sign-in on its way through the machine.
type turn struct {
	*Service
	ctx       context.Context
	given     map[string]string // AuthParameters or ChallengeResponses
	metadata  map[string]string
	session   string
	from      awsjson.Caller
	forwarded string
	placed    bool // from.IP is the user's, not that of a server that calls for many

	access.App
	now time.Time

	tx     *db.Tx // the transaction that judges an answer and acts on it, if they are one
	missed error  // the fault of an answer that was recorded there as wrong

	name   string          // the name signed in with, folded
	user   *user.User      // nil when the name is nobody's; as they will be, once an answer has been judged
	loaded *user.User      // as they are stored
	state  challenge.State // of the sign-in; when a challenge is being answered, as it was sealed there
	block  exchange        // the rest of what was sealed, when that challenge was an SRP exchange

	options []string // what the next challenge offers to choose from
	second  bool     // it is about a second factor
	sent    *sent    // the code that it is about, once that is on its way

	known    bool                              // the device signed in on is one of the user's
	device   *device.Device                    // that device, if it may stand for a second factor
	named    *cognitoidp.NewDeviceMetadataType // the device that its tokens were bound to as a new one
	passkeys []passkey.Credential              // the user's, where they may be used

	factors bool // guesses count against the account of factors, not that of the password
	try     lockout.Try
	lock    error // a condition of lockout while guesses are refused
}

// enter finds the pool and the client.
func (t *turn) enter(tx *db.Tx, admin bool, poolID, clientID string) (err error) {
	if admin {
		t.App, err = t.Apps.FindIn(tx, poolID, clientID)
	} else {
		t.App, err = t.Apps.Find(tx, clientID)
	}
	if err != nil {
		return err
	}
	t.placed = !admin && !t.Client.HasSecret()
	if _, err := netip.ParseAddr(t.forwarded); err == nil && (admin || t.Client.Forwards()) {
		t.from.IP, t.placed = t.forwarded, true
	}
	t.now = tx.Now
	return nil
}

// require names the first member that is missing or empty.
func (t *turn) require(names ...string) error {
	for _, name := range names {
		if t.given[name] == "" {
			return missing(name)
		}
	}
	return nil
}

// proveClient checks SECRET_HASH, which is over the name as it was sent.
func (t *turn) proveClient(name string) error {
	return t.CheckSecretHash(name, t.given["SECRET_HASH"])
}

// identify finds whom USERNAME names, and begins an attempt at their password.
func (t *turn) identify(tx *db.Tx) error {
	if err := t.find(tx); err != nil {
		return err
	}
	return t.begin(tx)
}

// find finds whom USERNAME names, which may be nobody.
func (t *turn) find(tx *db.Tx) error {
	login := t.given["USERNAME"]
	if len(login) > maxUsername {
		return cognitoidp.InvalidParameter("1 validation error detected: Value at 'username' failed to satisfy constraint: " +
			"Member must have length less than or equal to 128")
	}
	if err := t.proveClient(login); err != nil {
		return err
	}
	u, err := account.Find(tx, t.Pool, login)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find user: %w", err)
	}
	t.name, t.user = t.Pool.Fold(login), u
	t.state = challenge.New(t.now, t.name, u)
	return t.recognise(tx)
}

// resume finds the user that a sealed state is about, and sees that USERNAME means the same: the name signed in with, the
// user name or the sub.
func (t *turn) resume(tx *db.Tx, mismatch error) error {
	t.name = t.state.Name
	given := t.Pool.Fold(t.given["USERNAME"])
	if t.state.Sub == "" {
		if given != t.name && given != t.decoyID() {
			return mismatch
		}
		return t.begin(tx)
	}
	u, err := user.Get(tx, t.Pool.ID, t.state.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return mismatch
	}
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	if !t.state.Of(u) || given != t.Pool.Fold(u.Username) && given != string(u.Sub) && given != t.name {
		return mismatch
	}
	t.user, t.loaded = u, u
	if err := t.recognise(tx); err != nil {
		return err
	}
	return t.begin(tx)
}

// holder is the user if there is a password to be judged, nil for nobody and for those whose password is void.
func (t *turn) holder() *user.User {
	if t.user == nil {
		return nil
	}
	switch t.user.Status {
	case cognitoidp.UserStatusTypeConfirmed, cognitoidp.UserStatusTypeForceChangePassword:
		return t.user
	default:
		return nil
	}
}

// untriggered refuses, before anything is judged, a sign-in that would have to invoke a trigger later on.
func (t *turn) untriggered() error {
	return trigger.Refuse(t.Pool.Doc.LambdaConfig,
		trigger.PreAuthentication, trigger.PostAuthentication, trigger.PreTokenGeneration)
}

func missing(parameter string) error {
	return cognitoidp.InvalidParameter("Missing required parameter " + parameter)
}
