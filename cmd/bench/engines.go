package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// engineRounds is how often each flow is driven on each engine, in turns, since the speed of a shared machine varies.
const engineRounds = 5

// comparedEngines are the flows of the table.
var comparedEngines = []struct {
	name string
	flow flow
}{
	{"GetUser", getUser},
	{"refresh", refresh},
	{"password sign-in", passwordSignIn},
	{"SRP sign-in", srpSignIn},
}

// engines compares what requests cost on SQLite and on PostgreSQL: the CPU time of the server, and that of PostgreSQL apart.
func engines(ctx context.Context, o options) error {
	var both [2]*world
	for i, engine := range []string{"sqlite", "postgres"} {
		w, err := openSmall(ctx, engine)
		if err != nil {
			return err
		}
		defer w.close()
		both[i] = w
	}
	o.Duration /= engineRounds
	var drivers [2]driver
	for i, w := range both {
		server, err := w.serve(ctx)
		if err != nil {
			return err
		}
		defer server.stop()
		drivers[i] = driver{server: server, options: o}
	}
	for _, d := range drivers { // their start-up work would count
		if _, err := d.server.idle(); err != nil {
			return err
		}
	}

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "flow\tserver CPU, SQLite\tserver CPU, PostgreSQL\tratio\tlowest\thighest\tPostgreSQL's own CPU\t")
	for _, f := range comparedEngines {
		var turns []turn
		for range engineRounds {
			t, err := takeTurns(ctx, drivers, both, f.flow)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			turns = append(turns, t)
		}
		printTurns(table, f.name, turns)
	}
	return table.Flush()
}

// openSmall loads a small pool into a new database.
func openSmall(ctx context.Context, engine string) (*world, error) {
	dir, err := os.MkdirTemp("", "cardea-engines-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, close: func() { _ = os.RemoveAll(dir) }}
	w.database = "sqlite:" + filepath.Join(dir, "data", "cardea.db")
	err = os.Mkdir(filepath.Join(dir, "data"), 0o700)
	if err == nil && engine == "postgres" {
		err = w.startPostgres()
	}
	if err == nil {
		err = w.load(ctx, func(l loader) error {
			w.small = population{users: smallPool}
			return l.populate(ctx, &w.small)
		})
	}
	if err != nil {
		w.close()
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	return w, nil
}

// turn is what a flow has cost in one round.
type turn struct{ lite, postgres, database time.Duration }

func (t turn) ratio() float64 { return float64(t.postgres) / float64(t.lite) }

// takeTurns drives a flow on one engine, then on the other.
func takeTurns(ctx context.Context, drivers [2]driver, worlds [2]*world, f flow) (turn, error) {
	lite, err := drivers[0].measure(ctx, worlds[0].small, f)
	if err != nil {
		return turn{}, fmt.Errorf("SQLite: %w", err)
	}
	postgres, err := drivers[1].measure(ctx, worlds[1].small, f)
	if err != nil {
		return turn{}, fmt.Errorf("PostgreSQL: %w", err)
	}
	return turn{lite.cpu, postgres.cpu - postgres.database, postgres.database}, nil
}

// printTurns prints the turn whose ratio is the median, and the range of the ratios.
func printTurns(table *tabwriter.Writer, name string, turns []turn) {
	slices.SortFunc(turns, func(a, b turn) int {
		if a.ratio() < b.ratio() {
			return -1
		}
		return 1
	})
	m := turns[len(turns)/2]
	fmt.Fprintf(table, "%s\t%v\t%v\t%.2f\t%.2f\t%.2f\t%v\t\n", name, m.lite.Round(time.Microsecond), m.postgres.Round(time.Microsecond),
		m.ratio(), turns[0].ratio(), turns[len(turns)-1].ratio(), m.database.Round(time.Microsecond))
}
