package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"cardea/platform/memory"
)

// version names the build; the linker sets it.
var version = "unknown"

// commands is the command line.
type commands struct {
	Dev      devCommand       `cmd:"" help:"Start a server for development: no configuration, any access key, mail in an inbox page."`
	Serve    serveCommand     `cmd:"" help:"Start a server for production."`
	Keys     keysCommands     `cmd:"" help:"Administer root access keys, and replace master keys."`
	Backup   backupCommand    `cmd:"" help:"Copy the whole database into one file, beside running servers."`
	Restore  restoreCommand   `cmd:"" help:"Make an empty database what a backup holds."`
	Sessions sessionsCommands `cmd:"" help:"End the sessions of many users at once."`
	Trigger  triggerCommand   `cmd:"" help:"Ask a pool's Lambda trigger, show what is said and decided, and change nothing."`
	Config   configCommands   `cmd:"" help:"Check or show a configuration without starting."`
	Pages    pagesCommand     `cmd:"" help:"Show every page of managed login with sample data."`
	Version  versionCommand   `cmd:"" help:"Print which build this is."`

	Completion completionCommand `cmd:"" help:"Print the script by which a shell completes commands and flags."`
	Complete   completeCommand   `cmd:"" hidden:""`
	Man        manualCommand     `cmd:"" help:"Print the manual page."`
}

// terminal is the part of the process that commands use.
type terminal struct {
	ctx     context.Context // ends with the first SIGINT or SIGTERM
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	environ []string
}

// heapGrowth is how far the heap may outgrow what is in use, in per cent, before garbage is collected. The heap in use
// is a few MiB, and almost all that a request allocates is garbage: collecting four times less often saves some per cent of
// processor time, for memory that is returned when the server idles.
const heapGrowth = 400

// memoryShare is how much of the memory that the process may use is for the Go runtime, in per cent. Near the limit garbage is
// collected as often as it takes, whatever heapGrowth says. The rest is for
// what it does not count, such as the program itself and the log of SQLite, which is mapped.
const memoryShare = 90

// memoryLimit is the limit that the Go runtime keeps to, in bytes; 0: there is none.
func memoryLimit() int64 {
	limit := debug.SetMemoryLimit(-1) // changes nothing
	if limit == math.MaxInt64 {
		return 0
	}
	return limit
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if limit, ok := memory.Limit(os.DirFS("/")); ok {
			debug.SetMemoryLimit(limit / 100 * memoryShare)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	cli := kong.Parse(&commands{},
		kong.Name("cardea"),
		kong.Description("Amazon Cognito as one binary."),
		kong.ShortUsageOnError(),
	)
	err := cli.Run(terminal{ctx, os.Stdin, os.Stdout, os.Stderr, os.Environ()})
	if err != nil {
		fmt.Fprintf(os.Stderr, "cardea: %v\n", err)
		os.Exit(exitStatus(err))
	}
}

// misconfigured is the exit status of a server whose configuration is wrong, as sysexits.h has it. A service manager need not start it
// again: it would fail until somebody has changed the configuration.
const misconfigured = 78

// configError is what is wrong with a configuration.
type configError struct{ error }

func (e configError) Unwrap() error { return e.error }

// exitStatus is the exit status of the program after an error.
func exitStatus(err error) int {
	if _, wrong := errors.AsType[configError](err); wrong {
		return misconfigured
	}
	return 1
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(t terminal) error {
	_, err := fmt.Fprintln(t.stdout, "cardea", version)
	return err
}
