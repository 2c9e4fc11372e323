package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"
)

// soakParts is how many parts of the time the table soak shows.
const soakParts = 12

// soak drives a server at half of the rate that it can serve, and prints each part of the time apart: memory, tables and latencies
// that grow would show. Whatever the flow makes it deletes, so that tables have no reason to grow.
func soak(ctx context.Context, o options) error {
	w, err := openWorld(ctx, o)
	if err != nil {
		return err
	}
	defer w.close()
	server, err := w.serve(ctx)
	if err != nil {
		return err
	}
	defer server.stop()
	if _, err := server.idle(); err != nil {
		return err
	}
	d := driver{server: server, options: o}
	d.Duration = 10 * time.Second
	full, err := d.measure(ctx, w.large, wholeStay)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %.1f stays a second at full load; %v at half of it\n\n", o.Engine, full.rate, o.Duration)

	d.Duration = o.Duration / soakParts
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "until\tstays per second\tCPU\tmedian\tp99\tresident\ttables\t")
	every := time.Duration(float64(time.Second) / (full.rate / 2))
	for part := range soakParts {
		m, err := d.paced(ctx, w.large, wholeStay, every)
		if err != nil {
			return err
		}
		memory, err := residentOf(server.pid())
		if err != nil {
			return err
		}
		tables, err := w.size()
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%v\t%.1f\t%v\t%v\t%v\t%.0f MiB\t%.0f MiB\t\n", time.Duration(part+1)*d.Duration, m.rate, m.cpu.Round(10*time.Microsecond),
			m.took.median.Round(100*time.Microsecond), m.took.p99.Round(100*time.Microsecond), memory, tables)
	}
	return table.Flush()
}

// wholeStay is the stay of somebody who signs up, signs in, refreshes, and deletes their account.
func wholeStay(ctx context.Context, c *connection) error {
	name := fmt.Sprintf("stay%d-%d", os.Getpid(), newUsers.Add(1))
	if _, err := c.call(ctx, "SignUp", fields{"ClientId": c.client, "Username": name, "Password": secret}); err != nil {
		return err
	}
	if _, err := c.call(ctx, "AdminConfirmSignUp", fields{"UserPoolId": c.pool, "Username": name}); err != nil {
		return err
	}
	out, err := c.bySRP(ctx, name)
	if err := hasToken(out, err); err != nil {
		return err
	}
	c.refresh, c.access = out.AuthenticationResult.RefreshToken, out.AuthenticationResult.AccessToken
	for _, next := range []flow{getUser, refresh, getUser, refresh, getUser} {
		if err := next(ctx, c); err != nil {
			return err
		}
	}
	_, err = c.call(ctx, "DeleteUser", fields{"AccessToken": c.access})
	return err
}

// paced drives a flow as often as given, and counts how long each took from when it was due.
func (d driver) paced(ctx context.Context, p population, f flow, every time.Duration) (measurement, error) {
	own, database, err := d.server.cpu()
	if err != nil {
		return measurement{}, err
	}
	began := time.Now()
	failed := make(chan error, d.Connections)
	due := make(chan time.Time, 1_000) // beyond which those that are due wait to be counted as such
	var times latencies
	var group sync.WaitGroup
	for range d.Connections {
		group.Go(func() {
			c := newConnection(d.server.url, p)
			for at := range due {
				if err := f(ctx, c); err != nil {
					failed <- err
					return
				}
				times.add(time.Since(at))
			}
		})
	}
	for at := began; at.Sub(began) < d.Duration && ctx.Err() == nil && len(failed) == 0; at = at.Add(every) {
		sleep(ctx, time.Until(at))
		due <- at
	}
	close(due)
	group.Wait()
	close(failed)
	if err := errors.Join(ctx.Err(), <-failed); err != nil {
		return measurement{}, err
	}
	ownAfter, databaseAfter, err := d.server.cpu()
	if err != nil {
		return measurement{}, err
	}
	count := len(times.all)
	spent := ownAfter - own + databaseAfter - database
	return measurement{
		rate: float64(count) / time.Since(began).Seconds(), cpu: spent / time.Duration(max(1, count)), took: times.summary(),
	}, nil
}

// size is how large the database is on the disk, in MiB.
func (w *world) size() (float64, error) {
	dir := filepath.Join(w.dir, "data")
	if w.postmaster != "" {
		dir = filepath.Join(w.dir, "pg", "base")
	}
	var total int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // a file that was in use for a moment
			return nil
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return float64(total) / (1 << 20), err
}
