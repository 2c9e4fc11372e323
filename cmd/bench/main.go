package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// options are the flags.
type options struct {
	Duration    time.Duration // how long each flow is driven
	Connections int
	Users       int    // in the large pool
	Tables      string // those to print, separated by commas
	Engine      string // for the tables scale and soak: sqlite or postgres, or both in turn, separated by a comma
	Data        string // for these tables: a folder that keeps what was loaded
}

// second is the folder of the server that computes by OpenSSL, with a copy of the data.
const second = "openssl"

// smallPool is the number of users of the pool that the large one is compared with.
const smallPool = 1_000

// usual is the tables that do not load millions of users.
const usual = "bounds,served,extras,triggers,policies,s3,credentials,growth"

func main() {
	var o options
	flag.DurationVar(&o.Duration, "duration", 6*time.Second, "how long each flow is driven")
	flag.IntVar(&o.Connections, "connections", 8, "connections at once")
	flag.IntVar(&o.Users, "users", 200_000, "users in the large pool")
	flag.StringVar(&o.Tables, "tables", "", "what to measure: by default scale where -users is given, and otherwise "+usual)
	flag.StringVar(&o.Engine, "engine", "sqlite,postgres", "the databases of the tables scale and soak")
	flag.StringVar(&o.Data, "data", "", "a folder where the tables scale and soak keep what they have loaded, for the next run; empty: none is kept")
	flag.Parse()
	if o.Tables == "" {
		o.Tables = usual
		flag.Visit(func(f *flag.Flag) {
			if f.Name == "users" {
				o.Tables = "scale"
			}
		})
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var do measure = run
	switch o.Tables { // these have databases of their own
	case "scale":
		do = measure(scale).onEach
	case "engines":
		do = engines
	case "soak":
		do = measure(soak).onEach
	}
	if err := do(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure prints a table or some.
type measure func(ctx context.Context, o options) error

// onEach measures on each engine of the options, with a folder of its own.
func (m measure) onEach(ctx context.Context, o options) error {
	for engine := range strings.SplitSeq(o.Engine, ",") {
		if engine != "sqlite" && engine != "postgres" {
			return fmt.Errorf("there is no engine %q", engine)
		}
		one := o
		one.Engine = engine
		if o.Data != "" {
			one.Data = filepath.Join(o.Data, engine)
			if err := os.MkdirAll(one.Data, 0o755); err != nil { // PostgreSQL runs as a user of its own, who has to get there
				return err
			}
		}
		if err := m(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "cardea-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	pools, err := load(ctx, dir, o.Users)
	if err != nil {
		return fmt.Errorf("load users: %w", err)
	}
	if err := os.CopyFS(filepath.Join(dir, second, "data"), os.DirFS(filepath.Join(dir, "data"))); err != nil {
		return fmt.Errorf("copy users: %w", err)
	}
	server, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer server.stop()
	idle, err := server.idle()
	if err != nil {
		return err
	}
	fmt.Printf("\nready on an existing data folder after %v, resident when idle %.1f MiB\n\n", server.ready.Round(time.Millisecond), idle)

	driver := driver{server: server, options: o}
	tables := map[string]func() error{
		"bounds":      func() error { return driver.bounds(ctx, pools.small, filepath.Join(dir, second)) },
		"served":      func() error { return driver.served(ctx, pools.small) },
		"extras":      func() error { return driver.extras(ctx, pools.withFactors) },
		"triggers":    func() error { return errors.Join(driver.triggers(ctx, pools.withClaims, pools.small), calls(ctx, dir)) },
		"policies":    policyDecisions,
		"s3":          guardCost,
		"credentials": func() error { return driver.credentials(ctx, pools.small) },
		"growth":      func() error { return driver.growth(ctx, pools) },
	}
	for name := range strings.SplitSeq(o.Tables, ",") {
		table, known := tables[name]
		if !known {
			return fmt.Errorf("there is no table %q", name)
		}
		if err := table(); err != nil {
			return err
		}
	}
	return nil
}

// growth compares sign-in in a small and a large pool.
func (d driver) growth(ctx context.Context, pools pools) error {
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "users in the pool\tsign-ins per second\tserver CPU\trate beside the small pool\t")
	var first float64
	for _, p := range []population{pools.small, pools.large} {
		m, err := d.measure(ctx, p, passwordSignIn)
		if err != nil {
			return err
		}
		if first == 0 {
			first = m.rate
		}
		fmt.Fprintf(w, "%d\t%.0f\t%v\t%.2f\t\n", p.users, m.rate, m.cpu.Round(time.Microsecond), m.rate/first)
	}
	return w.Flush()
}
