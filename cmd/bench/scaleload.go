package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"cardea/engine/account"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/server"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const (
	// comparedWith is the number of users of the pool that the large one is compared with.
	comparedWith = 10_000
	// signers is how many users of a pool can sign in. The others have a password that is nobody's, of the same size: to compute ten
	// million verifiers takes half an hour.
	signers = 10_000
	// sessionsApart is how many users of the large pool there are for each that has a session.
	sessionsApart = 10
	// crowdBatch is how many users one transaction stores.
	crowdBatch = 1_000
	// crowdWriters is how many transactions are under way at once. SQLite runs them one after the other.
	crowdWriters = 4
)

// batchOfUsers are users who are stored together, and the number of the first.
type batchOfUsers struct {
	first int
	users []*user.User
}

// world is what the table scale measures: two pools in one database.
type world struct {
	dir          string // with the folder "data" of cardea dev
	database     string // its URL
	postmaster   string // the process id of its PostgreSQL server; empty with SQLite
	small, large population
	close        func()
}

// saved is what a folder remembers of a population.
type saved struct {
	Pool   id.Pool
	Client string
	Users  int
	Apart  int
}

// openWorld opens the folder that o names, or a temporary one, and loads what is missing.
func openWorld(ctx context.Context, o options) (w *world, err error) {
	w = &world{dir: o.Data, close: func() {}}
	if w.dir == "" {
		if w.dir, err = os.MkdirTemp("", "cardea-scale-"); err != nil {
			return nil, err
		}
		w.close = func() { _ = os.RemoveAll(w.dir) }
	}
	data := filepath.Join(w.dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	w.database = "sqlite:" + filepath.Join(data, "cardea.db")
	if o.Engine == "postgres" {
		if err := w.startPostgres(); err != nil {
			return nil, err
		}
	}
	if err := w.fill(ctx, o.Users); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// startPostgres starts a PostgreSQL server whose commits are durable on the folder pg.
func (w *world) startPostgres() error {
	if err := os.Chmod(w.dir, 0o755); err != nil { // for the user that the server runs as
		return err
	}
	dir := filepath.Join(w.dir, "pg")
	url, stop, err := dbtest.StartPostgres(dir, true)
	if err != nil {
		return err
	}
	former := w.close
	w.close = func() { stop(); former() }
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return err
	}
	w.database = url
	w.postmaster, _, _ = strings.Cut(string(text), "\n")
	return nil
}

// fill loads the pools unless an earlier run has.
func (w *world) fill(ctx context.Context, users int) error {
	return w.load(ctx, func(l loader) (err error) {
		if w.small, err = l.once(ctx, filepath.Join(w.dir, "small.json"), comparedWith); err != nil {
			return err
		}
		w.large, err = l.once(ctx, filepath.Join(w.dir, "large.json"), users)
		return err
	})
}

// load has a loader fill the database.
func (w *world) load(ctx context.Context, fill func(l loader) error) error {
	master, err := masterOf(filepath.Join(w.dir, "data", "master.key"))
	if err != nil {
		return err
	}
	srv, err := server.New(ctx, server.Config{
		Dev: true, Addr: "127.0.0.1:1", PublicURL: "http://127.0.0.1:1", Region: region, Account: accountID,
		Database: w.database, MasterKeys: [][]byte{master},
	})
	if err != nil {
		return err
	}
	defer srv.Close()
	opened, err := seal.NewMaster(master)
	if err != nil {
		return err
	}
	return fill(loader{srv: srv, ring: &datakey.Ring{Master: opened}})
}

// masterOf reads the master key of a folder, which it makes for a new one.
func masterOf(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err == nil {
		return seal.ParseKey(string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := seal.NewKey()
	return key, os.WriteFile(name, []byte(seal.FormatKey(key)+"\n"), 0o600)
}

// once loads a pool, unless the file says that it is there.
func (l loader) once(ctx context.Context, file string, users int) (population, error) {
	if text, err := os.ReadFile(file); err == nil {
		var s saved
		if err := json.Unmarshal(text, &s); err != nil {
			return population{}, err
		}
		if s.Users != users {
			return population{}, fmt.Errorf("%s has %d users, not %d: name another folder", file, s.Users, users)
		}
		return population{pool: s.Pool, client: s.Client, users: s.Users, apart: s.Apart}, nil
	}
	p := population{users: users, apart: max(1, users/signers)}
	began := time.Now()
	if err := l.crowd(ctx, &p); err != nil {
		return p, err
	}
	took := time.Since(began)
	fmt.Printf("loaded %d users in %v, %.0f a second\n", users, took.Round(time.Second), float64(users)/took.Seconds())
	text, err := json.Marshal(saved{p.pool, p.client, p.users, p.apart})
	if err != nil {
		return p, err
	}
	return p, os.WriteFile(file, text, 0o600)
}

// crowd makes a pool, a client and many users, in the order of their subs: this way the trees of the tables grow at their ends.
// One goroutine makes users while others store those before.
func (l loader) crowd(ctx context.Context, p *population) error {
	if err := l.found(ctx, p); err != nil {
		return err
	}
	of, box, err := l.opened(ctx, p.pool)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	made := make(chan batchOfUsers, crowdWriters)
	go func() {
		defer close(made)
		c := crowd{pool: of, box: box, population: p}
		for first := 0; first < p.users && ctx.Err() == nil; first += crowdBatch {
			users, err := c.make(ctx, first, min(first+crowdBatch, p.users))
			if err != nil {
				cancel(err)
				return
			}
			made <- batchOfUsers{first, users}
		}
	}()
	var writers sync.WaitGroup
	for range crowdWriters {
		writers.Go(func() {
			for b := range made { // to the end, so that the other goroutine ends
				if ctx.Err() != nil {
					continue
				}
				if err := l.srv.DB.Write(ctx, func(tx *db.Tx) error { return storeCrowd(tx, of, p, b) }); err != nil {
					cancel(err)
				}
				if (b.first+crowdBatch)%(100*crowdBatch) == 0 {
					fmt.Printf("%d users\n", b.first+crowdBatch)
				}
			}
		})
	}
	writers.Wait()
	return context.Cause(ctx)
}

// crowd makes users of a pool in memory.
type crowd struct {
	*population
	pool   *pool.Pool
	box    *seal.Box
	nobody []byte // a sealed password that opens for no user
}

func (c *crowd) make(ctx context.Context, first, end int) ([]*user.User, error) {
	hasher := &password.Hasher{}
	users := make([]*user.User, 0, end-first)
	for i := first; i < end; i++ {
		name := fmt.Sprintf("user%d", i)
		attrs := map[string]string{"email": name + "@example.com", "email_verified": "true", "name": name}
		u, err := account.New(c.pool, name, attrs, time.Now())
		if err != nil {
			return nil, err
		}
		u.Sub, u.Status = orderedSub(u.Sub, i, c.users), cognitoidp.UserStatusTypeConfirmed
		if i%c.apart == 0 {
			if err := setPassword(ctx, hasher, c.box, c.pool, u); err != nil {
				return nil, err
			}
			c.nobody = u.Password
		}
		u.Password, u.PasswordSet = orNobody(u, c.nobody), u.Created
		users = append(users, u)
	}
	return users, nil
}

func orNobody(u *user.User, nobody []byte) []byte {
	if u.Password != nil {
		return u.Password
	}
	return nobody
}

// orderedSub makes of a sub that is drawn at random the i-th of n in order, which are as evenly spread as drawn ones.
func orderedSub(drawn id.Sub, i, n int) id.Sub {
	var first [4]byte
	binary.BigEndian.PutUint32(first[:], uint32(uint64(i)<<32/uint64(n)))
	return id.Sub(fmt.Sprintf("%x%s", first, drawn[8:]))
}

// storeCrowd stores users, and sessions of some of them.
func storeCrowd(tx *db.Tx, of *pool.Pool, p *population, b batchOfUsers) error {
	for i, u := range b.users {
		if err := account.Create(tx, of, u.Clone(), false); err != nil {
			return err
		}
		if (b.first+i)%sessionsApart != 0 {
			continue
		}
		s := &session.Session{
			Pool: p.pool, ID: string(id.NewSub()), Origin: string(id.NewSub()), Sub: u.Sub, Client: id.Client(p.client), Kind: session.API,
			AuthTime: tx.Now, Created: tx.Now, Expires: tx.Now.Add(30 * 24 * time.Hour),
		}
		s.Active = tx.Now
		if err := session.Insert(tx, s, session.Refresh{Hash: s.Origin}); err != nil {
			return err
		}
	}
	return nil
}
