package lockout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"cardea/platform/db"
	"cardea/record/attempt"
	"cardea/record/client"
	"cardea/spec/awsjson"
	"cardea/spec/id"
)

// ErrRateLimited says that too many failures came from one source address: nothing from there is judged for a while.
var ErrRateLimited = errors.New("too many failures from this address")

// Bounds of the failures within one window, whoever's account they were at. Nobody can lock an app's users out by failing
// often: when all of a client's users together fail too often, only the allowance of each address shrinks.
const (
	window               = 15 * time.Minute
	allowance            = 500  // from one address
	underAttack          = 5000 // at one client, from everywhere
	underAttackAllowance = 25   // from one address, at a client under underAttack
	clientStep           = 16   // a client's failures are counted in such steps, at random, so that not all write one row
)

// Source is where attempts come from.
type Source struct {
	Client  id.Client
	Address string // the user's IP address; empty when it is not known, as of servers that call for many users
}

// At is the place of a request's caller. A client that has a secret is a server, whose address says nothing about its
// users.
func At(ctx context.Context, c *client.Client) Source {
	p := Source{Client: c.ID}
	if !c.HasSecret() {
		p.Address = awsjson.CallerFrom(ctx).IP
	}
	return p
}

// address is the account of the place's address, empty when there is none. Who has an IPv6 address has 2^64 of them.
func (p Source) address() string {
	a, err := netip.ParseAddr(p.Address)
	if err != nil {
		return ""
	}
	a = a.Unmap()
	if a.Is6() {
		prefix, err := a.WithZone("").Prefix(64)
		if err != nil {
			return ""
		}
		return "address/" + prefix.String()
	}
	return "address/" + a.String()
}

func (p Source) client() string { return "client/" + string(p.Client) }

// RateLimited answers ErrRateLimited when the place has had its share of failures.
func (p Source) RateLimited(tx *db.Tx, pool id.Pool) error {
	rows, err := attempt.Find(tx, pool, p.address(), p.client(), "")
	if err != nil {
		return fmt.Errorf("read failures of a place: %w", err)
	}
	return p.judge(rows, tx.Now)
}

func (p Source) judge(rows map[string]attempt.Attempt, now time.Time) error {
	most := int64(allowance)
	if recent(rows[p.client()], now) >= underAttack {
		most = underAttackAllowance
	}
	if address := p.address(); address != "" && recent(rows[address], now) >= most {
		return ErrRateLimited
	}
	return nil
}

// recent is the failures of the window that is open, if one is.
func recent(a attempt.Attempt, now time.Time) int64 {
	if !now.Before(a.LockedUntil) {
		return 0
	}
	return a.Failures
}

// Fail counts a failure of the place, durable when tx is.
func (p Source) Fail(tx *db.Tx, pool id.Pool) error {
	if err := count(tx, pool, p.address(), 1); err != nil {
		return err
	}
	if rand.IntN(clientStep) > 0 {
		return nil
	}
	return count(tx, pool, p.client(), clientStep)
}

// count adds failures to the window that is open, or opens one.
func count(tx *db.Tx, pool id.Pool, key string, failures int64) error {
	if key == "" {
		return nil
	}
	a, err := attempt.Get(tx, pool, key)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("read failures of a place: %w", err)
	}
	if recent(a, tx.Now) == 0 {
		a = attempt.Attempt{Pool: pool, Key: key, LockedUntil: tx.Now.Add(window)}
	}
	a.Failures += failures
	a.Failed = tx.Now
	return attempt.Put(tx, a)
}
