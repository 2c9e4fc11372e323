package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"cardea/engine/retention"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/spec/id"
)

// scale compares a small and a large pool of one database.
func scale(ctx context.Context, o options) error {
	w, err := openWorld(ctx, o)
	if err != nil {
		return err
	}
	defer w.close()
	server, err := w.serve(ctx)
	if err != nil {
		return err
	}
	idle, err := server.idle()
	if err != nil {
		server.stop()
		return err
	}
	fmt.Printf("\n%s: ready after %v, resident when idle %.1f MiB\n\n", o.Engine, server.ready.Round(time.Millisecond), idle)
	err = driver{server: server, options: o}.compare(ctx, w)
	server.stop()
	if err != nil {
		return err
	}
	return w.prune(ctx)
}

// serve starts the binary on the world's database.
func (w *world) serve(ctx context.Context) (*process, error) {
	if w.postmaster == "" {
		return launch(ctx, w.dir)
	}
	p, err := launch(ctx, w.dir, "--database", w.database)
	if err == nil {
		p.database = w.postmaster
	}
	return p, err
}

// compared are the flows of the table.
var compared = []struct {
	name string
	flow flow
}{
	{"SRP sign-in", srpSignIn},
	{"password sign-in", passwordSignIn},
	{"refresh", refresh},
	{"GetUser", getUser},
	{"AdminGetUser", adminGetUser},
	{"ListUsers, first page", listing("")},
	{`ListUsers, username = "…"`, listing(`username = "…"`)},
	{`ListUsers, email ^= "…"`, listing(`email ^= "…"`)},
	{`ListUsers, status = "Enabled"`, listing(`status = "Enabled"`)},
	{"SignUp", signUp},
}

// compare prints what each flow costs in both pools.
func (d driver) compare(ctx context.Context, w *world) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "flow\tCPU, %d users\tmedian\tp99\tCPU, %d users\tmedian\tp99\tCPU beside\tresident\t\n", w.small.users, w.large.users)
	for _, f := range compared {
		small, err := d.measure(ctx, w.small, f.flow)
		if err != nil {
			return fmt.Errorf("%s, small pool: %w", f.name, err)
		}
		large, err := d.measure(ctx, w.large, f.flow)
		if err != nil {
			return fmt.Errorf("%s, large pool: %w", f.name, err)
		}
		memory, err := residentOf(d.server.pid())
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%v\t%v\t%v\t%v\t%v\t%v\t%.2f\t%.0f MiB\t\n", f.name,
			small.cpu.Round(time.Microsecond), small.took.median.Round(10*time.Microsecond), small.took.p99.Round(10*time.Microsecond),
			large.cpu.Round(time.Microsecond), large.took.median.Round(10*time.Microsecond), large.took.p99.Round(10*time.Microsecond),
			float64(large.cpu)/float64(small.cpu), memory)
	}
	return table.Flush()
}

// getUser signs in once and asks who the user is from then on.
func getUser(ctx context.Context, c *connection) error {
	if c.access == "" {
		out, err := c.byPassword(ctx, c.user())
		c.access = out.AuthenticationResult.AccessToken
		return hasToken(out, err)
	}
	_, err := c.call(ctx, "GetUser", fields{"AccessToken": c.access})
	return err
}

func adminGetUser(ctx context.Context, c *connection) error {
	_, err := c.call(ctx, "AdminGetUser", fields{"UserPoolId": c.pool, "Username": c.user()})
	return err
}

// listing asks ListUsers for a page; "…" in the filter stands for a user.
func listing(filter string) flow {
	return func(ctx context.Context, c *connection) error {
		in := fields{"UserPoolId": c.pool}
		if filter != "" {
			in["Filter"] = strings.ReplaceAll(filter, "…", c.user())
		}
		_, err := c.call(ctx, "ListUsers", in)
		return err
	}
}

// newUsers numbers those who sign up.
var newUsers atomic.Int64

func signUp(ctx context.Context, c *connection) error {
	name := fmt.Sprintf("new%d-%x", newUsers.Add(1), rand.Uint64())
	_, err := c.call(ctx, "SignUp", fields{"ClientId": c.client, "Username": name, "Password": secret})
	return err
}

// pruned is how many expired sessions are deleted in each pool.
const pruned = 20_000

// prune prints how long it takes to delete expired sessions of each pool, without a server.
func (w *world) prune(ctx context.Context) error {
	store, err := db.Open(ctx, w.database, db.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	at := -1
	for i, rule := range retention.Rules {
		if rule.Name == "sessions" {
			at = i
		}
	}
	if at < 0 {
		return errors.New("there is no rule for sessions")
	}
	for _, p := range []population{w.small, w.large} {
		if err := w.expire(ctx, store, p); err != nil {
			return err
		}
		began := time.Now()
		if err := retention.Rules[at].Apply(ctx, store); err != nil {
			return err
		}
		fmt.Printf("\n%d expired sessions of the pool with %d users deleted in %v\n", pruned, p.users, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// expire inserts sessions that ended long ago.
func (w *world) expire(ctx context.Context, store *db.DB, p population) error {
	for first := 0; first < pruned; first += batch {
		err := store.Write(ctx, func(tx *db.Tx) error {
			long := tx.Now.Add(-90 * 24 * time.Hour)
			for range batch {
				s := &session.Session{
					Pool: p.pool, ID: string(id.NewSub()), Origin: string(id.NewSub()), Sub: id.NewSub(), Client: id.Client(p.client),
					Kind: session.API, AuthTime: long, Created: long, Expires: long.Add(time.Hour),
				}
				s.Active = long
				if err := session.Insert(tx, s, session.Refresh{Hash: s.Origin}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
