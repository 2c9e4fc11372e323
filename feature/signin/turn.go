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
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/device"
	"cardea/record/passkey"
	"cardea/record/pool"
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

	pool   *pool.Pool
	client *client.Client
	box    *seal.Box
	now    time.Time

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
		t.pool, t.client, err = access.PoolClient(tx, poolID, clientID)
	} else {
		t.pool, t.client, err = access.Client(tx, clientID)
	}
	if err != nil {
		return err
	}
	t.placed = !admin && !t.client.HasSecret()
	if _, err := netip.ParseAddr(t.forwarded); err == nil && (admin || t.client.Forwards()) {
		t.from.IP, t.placed = t.forwarded, true
	}
	t.now = tx.Now
	t.box, err = t.Ring.Box(tx, t.pool.ID)
	return err
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
	return access.CheckSecretHash(t.box, t.client, name, t.given["SECRET_HASH"])
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
	u, err := account.Find(tx, t.pool, login)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find user: %w", err)
	}
	t.name, t.user = t.pool.Fold(login), u
	t.state = challenge.New(t.now, t.name, u)
	return t.recognise(tx)
}

// resume finds the user that a sealed state is about, and sees that USERNAME means the same: the name signed in with, the
// user name or the sub.
func (t *turn) resume(tx *db.Tx, mismatch error) error {
	t.name = t.state.Name
	given := t.pool.Fold(t.given["USERNAME"])
	if t.state.Sub == "" {
		if given != t.name && given != t.decoyID() {
			return mismatch
		}
		return t.begin(tx)
	}
	u, err := user.Get(tx, t.pool.ID, t.state.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return mismatch
	}
	if err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	if !t.state.Of(u) || given != t.pool.Fold(u.Username) && given != string(u.Sub) && given != t.name {
		return mismatch
	}
	t.user, t.loaded = u, u
	if err := t.recognise(tx); err != nil {
		return err
	}
	return t.begin(tx)
}

// begin starts an attempt at one of the user's secrets, or at that of nobody.
func (t *turn) begin(tx *db.Tx) error {
	t.try, t.lock = lockout.Begin(tx, t.pool.ID, t.account(), t.place())
	if t.lock != nil && !lockout.Refuses(t.lock) {
		return t.lock
	}
	return nil
}

// place is where the attempt comes from. What a server says about its user counts; its own address does not.
func (t *turn) place() lockout.Place {
	p := lockout.Place{Client: t.client.ID}
	if t.placed {
		p.Address = t.from.IP
	}
	return p
}

// account is where failures count.
func (t *turn) account() string {
	switch {
	case t.user == nil && t.factors:
		return lockout.Stranger(t.box, "factor/"+t.name)
	case t.user == nil:
		return lockout.Stranger(t.box, t.name)
	case t.factors:
		return lockout.Factor(t.user.Sub)
	}
	return lockout.User(t.user.Sub)
}

// present checks what keeps a user from signing in by whatever proof.
func (t *turn) present() error {
	if t.user == nil && !t.client.HidesUsers() {
		return cognitoidp.UserNotFound("User does not exist.")
	}
	if err := t.enabled(); err != nil {
		return err
	}
	return lockout.Fault(t.lock)
}

// enabled is all that is checked where an answer is a choice and no guess. Whoever makes it has proven a first factor, and is
// not to be kept out by a stranger who guesses at it.
func (t *turn) enabled() error {
	if t.user != nil && !t.user.Enabled {
		return cognitoidp.NotAuthorized("User is disabled.")
	}
	return nil
}

// standing checks, in Cognito's order, what keeps a user from signing in whatever the password (02-auth-flows §3).
func (t *turn) standing() error {
	if u := t.user; u != nil && u.Enabled {
		switch {
		case u.Status == cognitoidp.UserStatusTypeUnconfirmed:
			return cognitoidp.UserNotConfirmed("User is not confirmed.")
		case u.Status == cognitoidp.UserStatusTypeResetRequired && !t.client.HidesUsers():
			return cognitoidp.PasswordResetRequired("Password reset required for the user")
		}
	}
	return t.present()
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

// fail records a wrong password and answers its fault. Spend, if any, uses the challenge up; one that was used up before
// is no guess and not counted.
func (t *turn) fail(spend func(*db.Tx) error) error {
	fault := incorrect()
	err := t.DB.Write(t.ctx, func(tx *db.Tx) error {
		fault = incorrect()
		if spend != nil {
			err := spend(tx)
			if errors.Is(err, db.ErrExists) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		err := t.try.Fail(tx)
		if errors.Is(err, lockout.ErrLocked) {
			fault = lockout.Fault(err)
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return fault
}

// miss records a wrong answer to a challenge that stays open for another, and answers its fault. When it locks the
// account the session ends; once that is used up, an answer is no guess and not counted.
func (t *turn) miss(wrong error) error {
	if t.tx != nil {
		var err error
		if t.missed, err = t.recordMiss(t.tx, wrong); err != nil {
			return err
		}
		return t.missed
	}
	fault := wrong
	err := t.DB.Write(t.ctx, func(tx *db.Tx) (err error) {
		fault, err = t.recordMiss(tx, wrong)
		return err
	})
	if err != nil {
		return err
	}
	return fault
}

// recordMiss answers the fault to show.
func (t *turn) recordMiss(tx *db.Tx, wrong error) (fault, err error) {
	err = t.sessions().Unused(tx, t.state)
	if awsjson.IsFault(err, "NotAuthorizedException") {
		return err, nil
	}
	if err == nil {
		err = t.try.Fail(tx)
	}
	if errors.Is(err, lockout.ErrLocked) {
		return lockout.Fault(err), nil
	}
	var locked bool
	if err == nil {
		locked, err = t.try.Locks(tx)
	}
	if err == nil && locked {
		err = t.spendSession(tx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("record a wrong answer: %w", err)
	}
	return wrong, nil
}

// unlock is the effect of a right answer on the account that it was an attempt at: the lock has the last word, earlier
// failures are forgiven.
func (t *turn) unlock(tx *db.Tx, _ *user.User) error {
	return lockout.Fault(t.try.Pass(tx))
}

// passed is the effect of a password rightly proven.
func (t *turn) passed(tx *db.Tx, u *user.User) error {
	if err := t.unlock(tx, u); err != nil {
		return err
	}
	return t.lasting(u)
}

// lasting refuses a temporary password that has waited for too long.
func (t *turn) lasting(u *user.User) error {
	if t.outlived(u) {
		return cognitoidp.NotAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	return nil
}

// void is the fault of a sign-in that another password has overtaken.
func (t *turn) void() error {
	if t.session == "" {
		return incorrect()
	}
	return challenge.Invalid()
}

// outlived tells whether the user's password is a temporary one whose time is over.
func (t *turn) outlived(u *user.User) bool {
	days := t.pool.PasswordPolicy().TemporaryPasswordValidityDays
	if days == 0 {
		days = 7
	}
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword && t.now.After(u.PasswordSet.AddDate(0, 0, int(days)))
}

// untriggered refuses, before anything is judged, a sign-in that would have to invoke a trigger later on.
func (t *turn) untriggered() error {
	return trigger.Refuse(t.pool.Doc.LambdaConfig,
		trigger.PreAuthentication, trigger.PostAuthentication, trigger.PreTokenGeneration)
}

func incorrect() error { return cognitoidp.NotAuthorized("Incorrect username or password.") }

func missing(parameter string) error {
	return cognitoidp.InvalidParameter("Missing required parameter " + parameter)
}
