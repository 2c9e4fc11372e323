package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// bounded is a flow and the arithmetic that it cannot do without.
type bounded struct {
	name  string
	flow  flow
	bound func(primitives) time.Duration
}

var boundedFlows = []bounded{
	{"code exchange", codeExchange, func(p primitives) time.Duration { return 2 * p.Signature }},
	{"refresh at the token endpoint", tokenRefresh, func(p primitives) time.Duration { return 2 * p.Signature }},
	{"client_credentials", clientCredentials, func(p primitives) time.Duration { return p.Signature }},
	{"SRP sign-in", srpSignIn, func(p primitives) time.Duration { return p.Exchange + 2*p.Signature }},
	{"password sign-in", passwordSignIn, func(p primitives) time.Duration { return p.Verifier + 2*p.Signature }},
	{"refresh", refresh, func(p primitives) time.Duration { return 2 * p.Signature }},
}

// program is a server with what it computes by.
type program struct {
	driver
	arithmetic
	last primitives // as they were measured last
}

// bounds prints each flow's cost and its ratio to its bound, for the binary that computes by Go and, where this program was built
// with OpenSSL, for that which computes by OpenSSL, in dir, beside what OpenSSL needs for the same arithmetic.
func (d driver) bounds(ctx context.Context, p population, dir string) error {
	programs := []*program{{driver: d, arithmetic: standard}}
	faster, err := openSSL()
	if err != nil {
		return err
	}
	if faster != nil {
		server, err := launchWith(ctx, "openssl", dir)
		if err != nil {
			return err
		}
		defer server.stop()
		if err := server.computesBy(ctx, "openssl"); err != nil {
			return err
		}
		programs = append(programs, &program{driver: driver{server: server, options: d.options}, arithmetic: *faster})
	}

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "flow\tby\tper second\tserver CPU\tbound\tratio\tbound without the table\tratio\t")
	for _, f := range boundedFlows {
		for _, at := range programs {
			if err := at.row(ctx, w, p, f); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
		}
	}
	for _, at := range programs {
		at.arithmetic.print(at.last)
	}
	return w.Flush()
}

// row measures a flow. The primitives are measured before and after it, since the speed of a shared machine varies.
func (at *program) row(ctx context.Context, w *tabwriter.Writer, p population, f bounded) error {
	before, err := at.arithmetic.measure()
	if err != nil {
		return err
	}
	m, err := at.driver.measure(ctx, p, f.flow)
	if err != nil {
		return err
	}
	if at.last, err = at.arithmetic.measure(); err != nil {
		return err
	}
	bound := (f.bound(before) + f.bound(at.last)) / 2
	fmt.Fprintf(w, "%s\t%s\t%.0f\t%v\t%v\t%.2f\t", f.name, at.name, m.rate,
		m.cpu.Round(time.Microsecond), bound.Round(time.Microsecond), float64(bound)/float64(m.cpu))
	if at.plain != nil {
		bound := (f.bound(before.plain()) + f.bound(at.last.plain())) / 2
		fmt.Fprintf(w, "%v\t%.2f\t", bound.Round(time.Microsecond), float64(bound)/float64(m.cpu))
	} else {
		fmt.Fprint(w, "\t\t")
	}
	fmt.Fprintln(w)
	return nil
}
