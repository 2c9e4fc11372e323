package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// extras prints the additional cost of software tokens and passkeys, compared with a password sign-in by those users of the
// same pool who have no software token, and with the signatures of its tokens.
func (d driver) extras(ctx context.Context, p population) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nflow\tper second\tserver CPU\tbeside\t\textra\t\t")
	for _, pair := range []struct {
		name          string
		with, without flow
	}{
		{"SRP sign-in with TOTP", srpWithTOTP, srpWithout},
		{"password sign-in with TOTP", passwordWithTOTP, passwordWithout},
	} {
		with, without, err := d.between(ctx, p, pair.with, pair.without)
		if err != nil {
			return fmt.Errorf("%s: %w", pair.name, err)
		}
		with.beside(w, pair.name, without, "without")
	}

	before, err := standard.measure()
	if err != nil {
		return err
	}
	m, err := d.measure(ctx, p, passkeySignIn)
	if err != nil {
		return fmt.Errorf("passkey sign-in: %w", err)
	}
	after, err := standard.measure()
	if err != nil {
		return err
	}
	m.beside(w, "passkey sign-in", before.Signature+after.Signature, "two signatures")
	return w.Flush()
}

// rounds is how often two flows that are compared are measured in alternation.
const rounds = 3

// between measures a flow and another that it is compared with, in alternation, since the speed of a shared machine varies
// by as much as the two differ.
func (d driver) between(ctx context.Context, p population, f, around flow) (m measurement, other time.Duration, err error) {
	one, err := d.measure(ctx, p, around)
	other = one.cpu
	for range rounds {
		if err == nil {
			one, err = d.measure(ctx, p, f)
			m.rate, m.cpu = m.rate+one.rate/rounds, m.cpu+one.cpu/rounds
		}
		if err == nil {
			one, err = d.measure(ctx, p, around)
			other += one.cpu
		}
	}
	return m, other / (rounds + 1), err
}

// beside prints a flow's cost and by how much it exceeds another's.
func (m measurement) beside(w *tabwriter.Writer, name string, other time.Duration, what string) {
	extra := m.cpu - other
	fmt.Fprintf(w, "%s\t%.0f\t%v\t%v\t%s\t%v\t%+.1f %%\t\n", name, m.rate, m.cpu.Round(time.Microsecond),
		other.Round(time.Microsecond), what, extra.Round(time.Microsecond), 100*float64(extra)/float64(other))
}
