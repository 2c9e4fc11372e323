package password

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"cardea/platform/seal"
	"cardea/platform/tracing"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// maxHistory is the most former passwords that a policy may ask for.
const maxHistory = 24

// Hasher makes and checks what is stored for passwords. The zero value stores SRP verifiers and hashes on as many
// cores as the program may use.
type Hasher struct {
	Default string // how pools without a tag of their own keep passwords: "srp" (also when empty) or "argon2id"
	Slots   int    // argon2id computations at once, 19 MiB each; 0 is GOMAXPROCS
	Queue   int    // computations that may wait for a slot before others are refused; 0 is 64 per slot

	SRP srp.Server // what computes verifiers, and exchanges over them

	once   sync.Once
	hashes semaphore
}

// Choice is a new password and the rules to check it by.
type Choice struct {
	Password string
	Policy   bool // the pool's PasswordPolicy
	History  bool // not to be one of the last PasswordHistorySize passwords
}

// Change is a new password, computed and sealed, to be written by Apply.
type Change struct {
	sealed []byte
	keep   int // how many former passwords the policy wants remembered
}

// Prepare computes the stored form of a new password of u, which must have a Sub and a Username. It answers *PolicyError,
// ErrUsed and ErrBusy. Call it outside transactions.
func (h *Hasher) Prepare(ctx context.Context, box *seal.Box, p *pool.Pool, u *user.User, c Choice) (*Change, error) {
	ctx, span := tracing.Start(ctx, "password")
	defer span.End(false)
	if c.Policy {
		if err := CheckPolicy(p, c.Password); err != nil {
			return nil, err
		}
	}
	if c.History {
		if err := h.checkHistory(ctx, box, p, u, c.Password); err != nil {
			return nil, err
		}
	}
	s, err := h.make(ctx, p, u, c.Password)
	if err != nil {
		return nil, err
	}
	return &Change{sealed: box.Seal(label(u), s.encode()), keep: historySize(p)}, nil
}

// Apply makes the change the user's password, set now. The former one joins the history, unless it was temporary.
func (c *Change) Apply(u *user.User, now time.Time) {
	if u.Password != nil && !temporary(u) && c.keep > 0 {
		u.History = slices.Insert(slices.Clone(u.History), 0, u.Password)
	}
	if len(u.History) > c.keep {
		u.History = u.History[:c.keep:c.keep]
	}
	u.Password = c.sealed
	u.PasswordSet = now
}

// Refresh replaces the stored form of the same password by another form.
func (c *Change) Refresh(u *user.User) { u.Password = c.sealed }

// Verify tells whether pw is the user's password. A nil user, or one without a password, costs the same and is false.
func (h *Hasher) Verify(ctx context.Context, box *seal.Box, p *pool.Pool, u *user.User, pw string) (bool, error) {
	ctx, span := tracing.Start(ctx, "password")
	defer span.End(false)
	if u == nil || u.Password == nil {
		return false, h.pretend(ctx, p, pw)
	}
	s, err := open(box, u, u.Password)
	if err != nil {
		return false, err
	}
	return h.matches(ctx, p, u, s, pw)
}

// Verifier gives the salt and the SRP verifier of a user, or ErrNoVerifier.
func (h *Hasher) Verifier(box *seal.Box, u *user.User) (salt, verifier []byte, err error) {
	if u == nil || u.Password == nil {
		return nil, nil, ErrNoVerifier
	}
	s, err := open(box, u, u.Password)
	if err != nil {
		return nil, nil, err
	}
	if s.kind != kindSRP {
		return nil, nil, ErrNoVerifier
	}
	return s.salt, s.digest, nil
}

// Storage is how the pool keeps passwords, "srp" or "argon2id".
func (h *Hasher) Storage(p *pool.Pool) string {
	if p.PasswordStorage(h.Default) == pool.PasswordStorageArgon2id {
		return pool.PasswordStorageArgon2id
	}
	return pool.PasswordStorageSRP
}

// Outdated tells whether the user's password is stored in another form than the pool now uses.
func (h *Hasher) Outdated(box *seal.Box, p *pool.Pool, u *user.User) bool {
	s, err := open(box, u, u.Password)
	return err == nil && s.kind != h.kind(p)
}

// make computes what the pool stores for a password.
func (h *Hasher) make(ctx context.Context, p *pool.Pool, u *user.User, pw string) (stored, error) {
	salt := srp.NewSalt()
	if h.kind(p) == kindSRP {
		verifier, err := h.SRP.Verifier(identity(p, u), pw, salt)
		return stored{kind: kindSRP, salt: salt, digest: verifier}, err
	}
	hash, err := h.hash(ctx, standardCost, salt, pw)
	return stored{kind: kindArgon2id, cost: standardCost, salt: salt, digest: hash}, err
}

func (h *Hasher) matches(ctx context.Context, p *pool.Pool, u *user.User, s stored, pw string) (bool, error) {
	if s.kind == kindSRP {
		return h.SRP.Matches(identity(p, u), pw, s.salt, s.digest)
	}
	hash, err := h.hash(ctx, s.cost, s.salt, pw)
	return err == nil && same(hash, s.digest), err
}

// pretend does the work of matches for a user without a password.
func (h *Hasher) pretend(ctx context.Context, p *pool.Pool, pw string) error {
	decoy := stored{kind: h.kind(p), cost: standardCost, salt: make([]byte, srp.SaltSize)}
	_, err := h.matches(ctx, p, &user.User{}, decoy, pw)
	return err
}

// checkHistory refuses the last PasswordHistorySize passwords, the present one among them, by ErrUsed. A temporary password
// does not count: its user has not chosen it, and Cognito lets them keep it.
func (h *Hasher) checkHistory(ctx context.Context, box *seal.Box, p *pool.Pool, u *user.User, pw string) error {
	former := u.History
	if u.Password != nil && !temporary(u) {
		former = slices.Insert(slices.Clone(u.History), 0, u.Password)
	}
	for _, sealed := range former[:min(len(former), historySize(p))] {
		s, err := open(box, u, sealed)
		if err != nil {
			return err
		}
		used, err := h.matches(ctx, p, u, s, pw)
		if err != nil {
			return err
		}
		if used {
			return ErrUsed
		}
	}
	return nil
}

func (h *Hasher) kind(p *pool.Pool) byte {
	if h.Storage(p) == pool.PasswordStorageArgon2id {
		return kindArgon2id
	}
	return kindSRP
}

func (h *Hasher) hash(ctx context.Context, c cost, salt []byte, pw string) ([]byte, error) {
	h.once.Do(func() {
		slots, queue := h.Slots, h.Queue
		if slots == 0 {
			slots = runtime.GOMAXPROCS(0)
		}
		if queue == 0 {
			queue = 64 * slots
		}
		h.hashes = newSemaphore(slots, queue)
	})
	release, err := h.hashes.acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	defer release()
	return c.hash(salt, pw), nil
}

func historySize(p *pool.Pool) int {
	size := p.PasswordPolicy().PasswordHistorySize
	if size == nil {
		return 0
	}
	return int(max(0, min(*size, maxHistory)))
}

func temporary(u *user.User) bool {
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword
}

func identity(p *pool.Pool, u *user.User) srp.Identity {
	return srp.Identity{Scope: p.ID.Short(), User: u.Username}
}
