package retention

import (
	"context"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/platform/jobs"
	"cardea/record/attempt"
	"cardea/record/authcode"
	"cardea/record/code"
	"cardea/record/customauth"
	"cardea/record/device"
	"cardea/record/devicegrant"
	"cardea/record/federationtrace"
	"cardea/record/identity"
	"cardea/record/logoutnotice"
	"cardea/record/passkey"
	"cardea/record/pushedrequest"
	"cardea/record/quota"
	"cardea/record/replay"
	"cardea/record/session"
	"cardea/record/ssosession"
)

const (
	// accessLife is how long an access token may outlive the end of its session: as long as one may live at all.
	accessLife = 24 * time.Hour

	// attemptLife is how long a failure is remembered, far longer than it locks anything.
	attemptLife = 24 * time.Hour

	// replayLife is how long a code is kept after it has expired, to recognize when it comes a second time, a device's, to say
	// so, and a single sign-on session, which codes that it gave in its last minutes must find.
	replayLife = time.Hour

	// guestLife is how long a guest of an identity pool is listed.
	guestLife = 90 * 24 * time.Hour

	// confirmTime is how long an app may take to confirm a device.
	confirmTime = 24 * time.Hour
)

// Rule says which rows of one kind are no longer needed.
type Rule struct {
	Name  string
	Prune func(tx *db.Tx, limit int) (int, error) // deletes up to limit of them and answers how many
}

// Rules are the rules of every server.
var Rules = []Rule{
	{"sessions", func(tx *db.Tx, limit int) (int, error) { return session.Prune(tx, tx.Now.Add(-accessLife), limit) }},
	{"used sign-in sessions", func(tx *db.Tx, limit int) (int, error) { return replay.Prune(tx, tx.Now, limit) }},
	{"custom sign-ins", func(tx *db.Tx, limit int) (int, error) { return customauth.Prune(tx, tx.Now, limit) }},
	{"codes", func(tx *db.Tx, limit int) (int, error) { return code.Prune(tx, tx.Now, limit) }},
	{"authorization codes", func(tx *db.Tx, limit int) (int, error) { return authcode.Prune(tx, tx.Now.Add(-replayLife), limit) }},
	{"single sign-on sessions", func(tx *db.Tx, limit int) (int, error) { return ssosession.Prune(tx, tx.Now.Add(-replayLife), limit) }},
	{"device grants", func(tx *db.Tx, limit int) (int, error) { return devicegrant.Prune(tx, tx.Now.Add(-replayLife), limit) }},
	{"pushed requests", func(tx *db.Tx, limit int) (int, error) { return pushedrequest.Prune(tx, tx.Now, limit) }},
	{"notices of logouts", func(tx *db.Tx, limit int) (int, error) { return logoutnotice.Prune(tx, tx.Now, limit) }},
	{"traces of federated sign-ins", func(tx *db.Tx, limit int) (int, error) { return federationtrace.Prune(tx, tx.Now, limit) }},
	{"counters", func(tx *db.Tx, limit int) (int, error) { return quota.Prune(tx, tx.Now, limit) }},
	{"failed attempts", func(tx *db.Tx, limit int) (int, error) { return attempt.Prune(tx, tx.Now.Add(-attemptLife), limit) }},
	{"devices", func(tx *db.Tx, limit int) (int, error) { return device.Prune(tx, tx.Now.Add(-confirmTime), limit) }},
	{"guests", func(tx *db.Tx, limit int) (int, error) { return identity.Prune(tx, tx.Now.Add(-guestLife), limit) }},
	{"passkey registrations", func(tx *db.Tx, limit int) (int, error) { return passkey.Prune(tx, tx.Now, limit) }},
}

// batch is how many rows one transaction deletes: some milliseconds of work.
const batch = 500

// Apply deletes until the rule finds nothing more. It is a job, safe to run at any time, twice too.
func (r Rule) Apply(ctx context.Context, store *db.DB) error {
	err := jobs.Repeat(ctx, func() (more bool, err error) {
		err = store.Write(ctx, func(tx *db.Tx) error {
			deleted, err := r.Prune(tx, batch)
			more = deleted == batch
			return err
		})
		return more, err
	})
	if err != nil {
		return fmt.Errorf("prune %s: %w", r.Name, err)
	}
	return nil
}
