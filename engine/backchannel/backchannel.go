package backchannel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"cardea/engine/token"
	"cardea/outbound/delivery"
	"cardea/outbound/logout"
	"cardea/platform/db"
	"cardea/record/logoutnotice"
	"cardea/record/pool"
)

const (
	// Timeout bounds one call of an app.
	Timeout = 5 * time.Second

	// MaxAnswer bounds what is read of its answer, in bytes.
	MaxAnswer = 64 << 10

	// claim is how long no other node tries when this one dies during an attempt.
	claim = time.Minute

	// rest is how long the other notices of an app wait that does not answer, so that it does not hold up those of others.
	rest = 10 * time.Second

	// candidates is how many notices a loop chooses among: loops that look at the same time should rarely want the same one.
	candidates = 8
)

// pauses are those after the first attempt, the second and so on. After the last there is one more attempt.
var pauses = []time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 6 * time.Minute}

// Notifier tells apps.
type Notifier struct {
	DB     *db.DB
	Tokens *token.Minter
	Client *http.Client // bounds time, size and where a call may go
	Log    *slog.Logger // is told of apps that were not told
	Node   string       // that tells them; what it has claimed is released by this name
}

// Deliver tells the apps of every notice that is due, and returns when none is left. An app is told twice only if the node dies
// between its answer and the deletion, or if it has answered too late.
func (n *Notifier) Deliver(ctx context.Context) error {
	for {
		var due []*logoutnotice.Notice
		err := n.DB.Read(ctx, func(tx *db.Tx) (err error) {
			due, err = logoutnotice.Due(tx, candidates)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		if err := n.deliver(ctx, due[rand.IntN(len(due))]); err != nil {
			return fmt.Errorf("tell an app of a logout: %w", err)
		}
	}
}

// deliver claims one notice, tells its app, and deletes it or puts it off.
func (n *Notifier) deliver(ctx context.Context, notice *logoutnotice.Notice) error {
	var address string
	err := n.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err := logoutnotice.Claim(tx, notice, tx.Now.Add(claim), n.Node); err != nil {
			return err
		}
		if address, err = addressOf(tx, notice); err != nil || address != "" {
			return err
		}
		return logoutnotice.Delete(tx, notice)
	})
	if errors.Is(err, db.ErrStale) || err == nil && address == "" {
		return nil
	}
	if err != nil {
		return err
	}
	notice.Attempts++

	made, err := n.Tokens.LogoutToken(ctx, token.LogoutNotice{Pool: notice.Pool, Client: notice.Client, Sub: notice.Sub, SSO: notice.SSO})
	if errors.Is(err, db.ErrNotFound) {
		return nil // the pool is gone, and the notice with it
	}
	if err != nil {
		return err
	}
	return n.conclude(ctx, notice, logout.Send(ctx, n.Client, address, made))
}

// addressOf is where an app is told; empty: it is not, since it is too late, or the pool is gone or does not want it any more.
func addressOf(tx *db.Tx, notice *logoutnotice.Notice) (string, error) {
	if !tx.Now.Before(notice.Expires) {
		return "", nil
	}
	p, err := pool.Get(tx, notice.Pool)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return p.LogoutURL(notice.Client), nil
}

// conclude stores how an attempt has ended.
func (n *Notifier) conclude(ctx context.Context, notice *logoutnotice.Notice, failure error) error {
	class := delivery.Of(failure)
	again := (class == delivery.Transient || class == delivery.Throttled) && notice.Attempts <= int64(len(pauses))
	if failure != nil {
		n.Log.WarnContext(ctx, "app was not told of a logout", "pool", notice.Pool, "client", notice.Client,
			"attempt", notice.Attempts, "again", again, "reason", failure.Error())
	}
	return n.DB.Write(ctx, func(tx *db.Tx) error {
		if !again {
			return logoutnotice.Delete(tx, notice)
		}
		if err := logoutnotice.Postpone(tx, notice, tx.Now.Add(pauses[notice.Attempts-1])); err != nil {
			return err
		}
		return logoutnotice.Spare(tx, notice, tx.Now.Add(rest))
	})
}
