package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"cardea/outbound/externalsts"
)

const (
	// keep is how long credentials are given again to the same login; they live longer.
	keep = 5 * time.Minute

	// least is how much of their life must be left when they are given again.
	least = 5 * time.Minute

	// maxKept bounds the credentials in memory; beyond it an arbitrary one is dropped.
	maxKept = 10_000
)

// Why there are no credentials.
var (
	// ErrGuests says that a broker is not configured for guests.
	ErrGuests = errors.New("the other token service serves no guests")
	// ErrRefused says that the other service refuses the token or the role.
	ErrRefused = errors.New("the other token service refuses")
	// ErrUnreachable says that it has not answered, or with nothing that can be understood.
	ErrUnreachable = errors.New("the other token service cannot be reached")
)

// Broker is another token service, and for whom it is asked.
type Broker struct {
	// IdentityPool is the pool, and Role the ARN of the role that was chosen here; an empty one matches all.
	IdentityPool, Role string
	// Endpoint is the service's address.
	Endpoint string
	// ExternalRole is the ARN of the role that is asked for there; empty: the role that was chosen here.
	ExternalRole string
	// NoRole asks for none: the service chooses a policy by the token's claims.
	NoRole bool
	// ProviderID is sent if it is set.
	ProviderID string
	// RS256 makes the token under RS256, for services that do not read RS512.
	RS256 bool
	// Guests says that the service is asked for guests, too. The session policy that bounds them is sent; the operator vouches
	// for a service that heeds it.
	Guests bool
}

// Ask is whose credentials are wanted.
type Ask struct {
	Identity string
	Role     string // the ARN of the role that was chosen here
	Guest    bool
	Policy   string // the session policy that bounds a guest
	Session  string // the session's name
	// Logins is the proof that came with the request: what one proof was given is not given to another.
	Logins map[string]string
	// Token makes the OpenID token that the service is shown.
	Token func(ctx context.Context) (string, error)
}

// Brokers are all that are configured, the first that matches first.
type Brokers struct {
	List   []Broker
	Client *externalsts.Client
	Now    func() time.Time

	flights singleflight.Group
	mu      sync.Mutex
	kept    map[[sha256.Size]byte]kept
}

type kept struct {
	credentials externalsts.Credentials
	until       time.Time
}

// For is the broker for a role of an identity pool; nil: this server's own credentials serve.
func (b *Brokers) For(identityPool, role string) *Broker {
	for i := range b.List {
		candidate := &b.List[i]
		if (candidate.IdentityPool == "" || candidate.IdentityPool == identityPool) && (candidate.Role == "" || candidate.Role == role) {
			return candidate
		}
	}
	return nil
}

// Credentials gets credentials of the broker's service: ErrGuests, ErrRefused, ErrUnreachable, and the errors of Token.
func (b *Brokers) Credentials(ctx context.Context, from *Broker, a Ask) (externalsts.Credentials, error) {
	if a.Guest && !from.Guests {
		return externalsts.Credentials{}, ErrGuests
	}
	name := fingerprint(from, a)

	// One call serves all who ask the same at once, so that it does not end with the request of the first. What is
	// kept is looked up inside: whoever comes when a call has just ended finds what it brought.
	shared := context.WithoutCancel(ctx)
	got, err, _ := b.flights.Do(string(name[:]), func() (any, error) {
		if known, ok := b.known(name); ok {
			return known, nil
		}
		fetched, err := b.fetch(shared, from, a)
		if err == nil {
			b.remember(name, fetched)
		}
		return fetched, err
	})
	if err != nil {
		return externalsts.Credentials{}, err
	}
	return got.(externalsts.Credentials), nil
}

func (b *Brokers) fetch(ctx context.Context, from *Broker, a Ask) (externalsts.Credentials, error) {
	token, err := a.Token(ctx)
	if err != nil {
		return externalsts.Credentials{}, err
	}
	request := externalsts.Request{
		Endpoint: from.Endpoint, RoleARN: from.ExternalRole, Session: a.Session, Token: token, Provider: from.ProviderID,
		Duration: time.Hour,
	}
	if request.RoleARN == "" && !from.NoRole {
		request.RoleARN = a.Role
	}
	if a.Guest {
		request.Policy = a.Policy
	}
	got, err := b.Client.Assume(ctx, request)
	if _, refused := errors.AsType[*externalsts.RefusedError](err); refused {
		return got, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return got, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return got, nil
}

// known are credentials that were given to the same login a short time ago.
func (b *Brokers) known(name [sha256.Size]byte) (externalsts.Credentials, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, found := b.kept[name]
	now := b.Now()
	if !found || now.After(k.until) || k.credentials.Expires.Sub(now) < least {
		delete(b.kept, name)
		return externalsts.Credentials{}, false
	}
	return k.credentials, true
}

func (b *Brokers) remember(name [sha256.Size]byte, c externalsts.Credentials) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept == nil {
		b.kept = map[[sha256.Size]byte]kept{}
	}
	if _, there := b.kept[name]; !there && len(b.kept) >= maxKept {
		for victim := range b.kept {
			delete(b.kept, victim)
			break
		}
	}
	b.kept[name] = kept{c, b.Now().Add(keep)}
}
