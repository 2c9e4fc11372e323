package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/function"
)

const (
	claimsARN = "arn:aws:lambda:" + region + ":" + accountID + ":function:claims"

	warmCalls = 2_000
	signIns   = 300
)

// claimsHandler adds claims, as a function of PreTokenGeneration does.
const claimsHandler = `
def handler(event, context):
    event["response"] = {"claimsOverrideDetails": {"claimsToAddOrOverride": {"tenant": "t1"}}}
    return event
`

// claimsFlag writes the handler and names it for the server.
func claimsFlag(dir string) (string, error) {
	name := filepath.Join(dir, "claims.py")
	if err := os.WriteFile(name, []byte(claimsHandler), 0o600); err != nil {
		return "", err
	}
	return "claims=" + name + ":handler", nil
}

// percentiles are times that half, and 99 in 100, of some calls did not exceed.
type percentiles struct{ p50, p99 time.Duration }

func (p percentiles) String() string {
	return fmt.Sprintf("%v\t%v", p.p50.Round(10*time.Microsecond), p.p99.Round(10*time.Microsecond))
}

// timed calls do n times, one after the other.
func timed(n int, do func() error) (percentiles, error) {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := do(); err != nil {
			return percentiles{}, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return percentiles{took[n/2], took[n*99/100]}, nil
}

// calls prints how long a call takes of a function that runs here and does nothing.
func calls(ctx context.Context, dir string) error {
	sources, err := idleFunctions(ctx, dir)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\ncall of a warm function\tp50\tp99\t")
	for _, kind := range []string{"Python", "Node.js", "executable"} {
		times, err := callsOf(ctx, sources[kind])
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		fmt.Fprintf(w, "%s\t%v\t\n", kind, times)
	}
	return w.Flush()
}

// idleFunctions are functions that answer what they are asked.
func idleFunctions(ctx context.Context, dir string) (map[string]string, error) {
	python, node, binary := filepath.Join(dir, "idle.py"), filepath.Join(dir, "idle.mjs"), filepath.Join(dir, "bootstrap")
	if err := os.WriteFile(python, []byte("def handler(event, context): return event\n"), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(node, []byte("export const handler = async (event) => event;\n"), 0o600); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "cardea/platform/function/functiontest/golambda")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build a function: %w", err)
	}
	return map[string]string{"Python": python + ":handler", "Node.js": node + ":handler", "executable": binary}, nil
}

// callsOf times calls of one function, as triggers make them.
func callsOf(ctx context.Context, source string) (percentiles, error) {
	run, err := function.New(function.Config{Name: "claims", Source: source, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return percentiles{}, err
	}
	defer func() { _ = run.Close(ctx) }() // nothing runs any more
	functions, err := trigger.New(trigger.Entry{Key: "claims", Function: &trigger.Local{Function: run}, Transport: "local"})
	if err != nil {
		return percentiles{}, err
	}
	event := fmt.Appendf(nil, `{"version":"1","triggerSource":"TokenGeneration_Authentication","region":%q,"userPoolId":"us-east-1_AbC123xyz",`+
		`"userName":"jane","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"1example23456789abcdefghij"},`+
		`"request":{"userAttributes":{"sub":"a1b2c3d4-5678-90ab-cdef-000000000001","email":"jane@example.com"},`+
		`"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null}},"response":{"claimsOverrideDetails":null}}`, region)
	call := func() error {
		_, err := functions.Invoke(ctx, trigger.Ask{ARN: claimsARN, Trigger: "PreTokenGeneration", Event: event})
		return err
	}
	if _, err := timed(warmCalls/10, call); err != nil { // the process starts
		return percentiles{}, err
	}
	return timed(warmCalls, call)
}

// within lets a flow run in a pool, whichever the connection is for.
func within(p population, f flow) flow {
	return func(ctx context.Context, c *connection) error {
		c.population = p
		return f(ctx, c)
	}
}

// triggers prints what a function of PreTokenGeneration adds to a sign-in.
func (d driver) triggers(ctx context.Context, with, without population) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nflow\tper second\tserver CPU\tbeside\t\textra\t\t")
	m, other, err := d.between(ctx, with, within(with, passwordSignIn), within(without, passwordSignIn))
	if err != nil {
		return fmt.Errorf("sign-in with PreTokenGeneration: %w", err)
	}
	m.beside(w, "password sign-in with PreTokenGeneration", other, "without")
	if err := w.Flush(); err != nil {
		return err
	}

	fmt.Fprintln(w, "\none sign-in at a time\tp50\tp99\t")
	for _, pool := range []struct {
		name string
		population
	}{{"with PreTokenGeneration", with}, {"without", without}} {
		c := newConnection(d.server.url, pool.population)
		times, err := timed(signIns, func() error { return passwordSignIn(ctx, c) })
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%v\t\n", pool.name, times)
	}
	return w.Flush()
}
