package factor_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/softwaretoken"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/totp"
)

const pool = id.Pool("us-east-1_AbC123xyz")

// fixture is a user of one database, their authenticator app, and a clock.
type fixture struct {
	*testing.T
	db     *db.DB
	now    *atomic.Int64
	box    *seal.Box
	user   *user.User
	tokens factor.SoftwareTokens
	secret []byte
}

// each runs body on both engines with a user who has nothing yet.
func each(t *testing.T, body func(p *fixture)) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var now atomic.Int64
		now.Store(time.Date(2026, 3, 14, 15, 9, 30, 0, time.UTC).UnixMilli())
		d := dbtest.Open(t, url, db.Options{Now: func() time.Time { return time.UnixMilli(now.Load()) }})
		box, err := seal.NewBox(string(pool), 1, seal.Key{ID: 1, Secret: seal.NewKey()})
		if err != nil {
			t.Fatal(err)
		}
		p := &fixture{T: t, db: d, now: &now, box: box, user: &user.User{Pool: pool, Sub: id.NewSub()}}
		p.must(func(tx *db.Tx) error { return user.Insert(tx, p.user) })
		body(p)
	})
}

func (p *fixture) write(fn func(tx *db.Tx) error) error {
	return p.db.Write(context.WithoutCancel(p.Context()), fn)
}

func (p *fixture) must(fn func(tx *db.Tx) error) {
	p.Helper()
	if err := p.write(fn); err != nil {
		p.Fatal(err)
	}
}

// associate gives the app a new secret.
func (p *fixture) associate() {
	p.Helper()
	p.secret = totp.NewSecret()
	p.must(func(tx *db.Tx) error { return p.tokens.Associate(tx, p.box, p.user, p.secret) })
}

// code is the code of a later or earlier time step.
func (p *fixture) code(offset int64) string {
	return totp.Code(p.secret, totp.Step(time.UnixMilli(p.now.Load()))+offset)
}

func (p *fixture) verify(code string) error {
	return p.write(func(tx *db.Tx) error { return p.tokens.Verify(tx, p.box, p.user.Clone(), code, "phone") })
}

// signIn checks a code and uses it.
func (p *fixture) signIn(code string) error {
	return p.write(func(tx *db.Tx) error {
		token, err := p.tokens.InForce(tx, p.user)
		if err != nil {
			return err
		}
		right, err := p.tokens.Judge(tx.Now, p.box, token, code)
		if err != nil {
			return err
		}
		p.tokens.Use(tx, right, factor.ErrReused)
		return nil
	})
}

func (p *fixture) want(what string, got, want error) {
	p.Helper()
	if !errors.Is(got, want) {
		p.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestEachCodeWorksOnce(t *testing.T) {
	each(t, func(p *fixture) {
		p.want("nothing registered", p.signIn("123456"), factor.ErrNone)
		p.associate()
		p.want("not verified yet", p.signIn(p.code(0)), factor.ErrNone)
		p.want("verify", p.verify(p.code(0)), nil)
		p.want("the code that verified", p.signIn(p.code(0)), factor.ErrReused)
		p.want("one before it", p.signIn(p.code(-1)), factor.ErrReused)
		p.want("a later one", p.signIn(p.code(1)), nil)
		p.want("the same again", p.signIn(p.code(1)), factor.ErrReused)
		p.want("one from too far ahead", p.signIn(p.code(2)), factor.ErrMismatch)
		p.now.Add(30_000)
		p.want("the one that is current by now", p.signIn(p.code(0)), factor.ErrReused)
		p.want("the next", p.signIn(p.code(1)), nil)
		p.want("one from too long ago", p.signIn(p.code(-2)), factor.ErrMismatch)
		p.want("another's", p.signIn(totp.Code(totp.NewSecret(), totp.Step(time.UnixMilli(p.now.Load())))), factor.ErrMismatch)
		p.now.Add(60_000)
		p.want("a minute later", p.signIn(p.code(0)), nil)
	})
}

func TestOldTokenSignsInUntilTheNewOneIsVerified(t *testing.T) {
	each(t, func(p *fixture) {
		p.associate()
		p.want("verify", p.verify(p.code(-1)), nil)
		old := p.secret
		p.associate()
		fresh := p.secret
		p.want("a code of the new one", p.signIn(p.code(0)), factor.ErrMismatch)
		p.secret = old
		p.want("a code of the old one", p.signIn(p.code(0)), nil)
		p.want("the old one's code for the new", p.verify(p.code(0)), factor.ErrMismatch)

		var right factor.Accepted
		p.must(func(tx *db.Tx) (err error) {
			token, err := p.tokens.InForce(tx, p.user)
			if err != nil {
				return err
			}
			right, err = p.tokens.Judge(tx.Now, p.box, token, p.code(1))
			return err
		})
		p.secret = fresh
		p.want("verify the new one", p.verify(p.code(0)), nil)
		p.want("a code judged before", p.write(func(tx *db.Tx) error {
			p.tokens.Use(tx, right, factor.ErrReused)
			return nil
		}), factor.ErrReused)
		p.want("a code of the new one", p.signIn(p.code(1)), nil)
	})
}

func TestSecretWaitsForAnHour(t *testing.T) {
	each(t, func(p *fixture) {
		p.associate()
		p.now.Add(time.Hour.Milliseconds() - 1)
		p.want("within the hour", p.verify("000000"), factor.ErrMismatch)
		p.now.Add(1)
		p.want("after it", p.verify(p.code(0)), factor.ErrNone)
	})
}

func TestOneOfAHundredSignsInWithACode(t *testing.T) {
	each(t, func(p *fixture) {
		p.associate()
		p.want("verify", p.verify(p.code(-1)), nil)
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				err := p.signIn(p.code(0))
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, factor.ErrReused) {
					p.Errorf("a loser got %v", err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			p.Errorf("%d of 100 signed in, want 1", wins.Load())
		}
	})
}

func TestSecretMovedToAnotherUserOpensNothing(t *testing.T) {
	each(t, func(p *fixture) {
		p.associate()
		var sealed []byte
		p.must(func(tx *db.Tx) error {
			token, err := softwaretoken.Get(tx, pool, p.user.Sub)
			if err == nil {
				sealed = token.Pending
			}
			return err
		})
		p.user = &user.User{Pool: pool, Sub: id.NewSub()}
		p.must(func(tx *db.Tx) error { return softwaretoken.SetPending(tx, pool, p.user.Sub, sealed) })
		p.want("another user's secret", p.verify(p.code(0)), seal.ErrForged)
	})
}
