package lockout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/attempt"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// ErrRateLimited says that too many failures came from one source address: its attempts are refused for a while.
var ErrRateLimited = errors.New("too many failures from this address")

// Bounds of the failures within one window, at whichever accounts. A client as a whole has no bound, since an attacker could
// lock out all its users by reaching it: when a client sees too many failures, the allowance of each address shrinks.
const (
	window               = 15 * time.Minute
	allowance            = 500  // from one address
	underAttack          = 5000 // at one client, from all addresses
	underAttackAllowance = 25   // from one address, at a client under underAttack
	clientStep           = 16   // a client's failures are counted in such steps, at random, so that not all write one row
)

// Source is where attempts come from.
type Source struct {
	Client  id.Client
	Address string // the user's IP address; empty when it is not known, as of servers that call for many users
}

// From is the source of a request that an app makes. The address that the app gives as its user's counts if the client may
// give one. Otherwise the caller's own does, unless the client is a server with a secret: then the caller is that server, whose address says
// nothing about its users (decision 10). given may be nil.
func From(ctx context.Context, c *client.Client, given *cognitoidp.UserContextDataType) Source {
	s := Source{Client: c.ID}
	if !c.IsServer() {
		s.Address = caller.From(ctx).IP
	}
	if given != nil && c.Forwards() && valid(given.IpAddress) {
		s.Address = given.IpAddress
	}
	return s
}

// FromBrowser is the source of a request that a user's own browser makes: its address counts whether the client has a secret
// or not.
func FromBrowser(ctx context.Context, c *client.Client) Source {
	return Source{Client: c.ID, Address: caller.From(ctx).IP}
}

// FromAdministrator is the source of a request that a server makes as an administrator: only the address that it gives as
// its user's counts. given may be nil.
func FromAdministrator(c *client.Client, given *cognitoidp.ContextDataType) Source {
	s := Source{Client: c.ID}
	if given != nil && valid(given.IpAddress) {
		s.Address = given.IpAddress
	}
	return s
}

func valid(address string) bool {
	_, err := netip.ParseAddr(address)
	return err == nil
}

// Network is the address as it is counted: an IPv4 address, or the /64 network of an IPv6 address, since a user of one of
// its addresses usually has all. It is empty when the address is not known.
func (s Source) Network() string {
	a, err := netip.ParseAddr(s.Address)
	if err != nil {
		return ""
	}
	a = a.Unmap()
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// address is the account of the source's address, empty when it is not known.
func (s Source) address() string {
	if network := s.Network(); network != "" {
		return "address/" + network
	}
	return ""
}

func (s Source) client() string { return "client/" + string(s.Client) }

// RateLimited answers ErrRateLimited when the source has had its share of failures.
func (s Source) RateLimited(tx *db.Tx, pool id.Pool) error {
	rows, err := attempt.Find(tx, pool, s.address(), s.client(), "")
	if err != nil {
		return fmt.Errorf("read failures of a source: %w", err)
	}
	return s.judge(rows, tx.Now)
}

func (s Source) judge(rows map[string]attempt.Attempt, now time.Time) error {
	most := int64(allowance)
	if recent(rows[s.client()], now) >= underAttack {
		most = underAttackAllowance
	}
	if address := s.address(); address != "" && recent(rows[address], now) >= most {
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

// Fail counts a failure of the source, durable when tx is.
func (s Source) Fail(tx *db.Tx, pool id.Pool) error {
	if err := count(tx, pool, s.address(), 1); err != nil {
		return err
	}
	if rand.IntN(clientStep) > 0 {
		return nil
	}
	return count(tx, pool, s.client(), clientStep)
}

// count adds failures to the window that is open, or opens one.
func count(tx *db.Tx, pool id.Pool, key string, failures int64) error {
	if key == "" {
		return nil
	}
	a, err := attempt.Get(tx, pool, key)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("read failures of a source: %w", err)
	}
	if recent(a, tx.Now) == 0 {
		a = attempt.Attempt{Pool: pool, Key: key, LockedUntil: tx.Now.Add(window)}
	}
	a.Failures += failures
	a.Failed = tx.Now
	attempt.Put(tx, a)
	return nil
}
