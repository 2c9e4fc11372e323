package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cardea/server"
)

type sessionsCommands struct {
	Revoke sessionsRevokeCommand `cmd:"" help:"End all sessions whose sign-in was before a moment, of a pool or of all."`
}

type sessionsRevokeCommand struct {
	configFlag
	Before string `required:"" help:"The moment: as 2026-11-22T09:30:00Z, or now." placeholder:"TIME"`
	Pool   string `help:"End those of this pool only; without it, those of all pools and temporary credentials, too." placeholder:"ID"`
	Yes    bool   `help:"Do not ask."`
}

// Help is the long text of --help.
func (sessionsRevokeCommand) Help() string {
	return `Users whose sign-in was before the moment have to sign in again, also those who have refreshed their tokens since. Their refresh tokens and single
sign-on sessions end, and so do access tokens wherever this server is asked; other services accept access and ID tokens until they expire. Without --pool
temporary credentials of identity pools and STS that were issued before the moment end, too.

Running servers refuse them within a second. The command may be run again, and goes on where it was interrupted.`
}

// Run ends sessions.
func (c sessionsRevokeCommand) Run(t terminal) error {
	return c.recorded(t, "sessions revoke", map[string]string{"before": c.Before, "userPoolId": c.Pool}, func() error { return c.revoke(t) })
}

func (c sessionsRevokeCommand) revoke(t terminal) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	sessions, err := server.OpenSessions(t.ctx, settings)
	if err != nil {
		return err
	}
	defer sessions.Close()
	r := server.Revocation{Before: time.Now(), Pool: c.Pool, Now: c.Before == "now"}
	if !r.Now {
		if r.Before, err = time.Parse(time.RFC3339, c.Before); err != nil {
			return fmt.Errorf("--before: %q is neither a time such as 2026-11-22T09:30:00Z nor now", c.Before)
		}
	}
	if err := c.ask(t, r.Before); err != nil {
		return err
	}
	shown := time.Now()
	done, err := sessions.Revoke(t.ctx, r, func(r server.Revoked) {
		if time.Since(shown) > time.Second {
			shown = time.Now()
			fmt.Fprintf(t.stderr, "%d sessions and %d of single sign-on so far\n", r.Sessions, r.SSO)
		}
	})
	if err != nil {
		return fmt.Errorf("revoke sessions: %w", err)
	}
	_, err = fmt.Fprintf(t.stdout, "Ended %d sessions and %d of single sign-on, of %d pools.\n", done.Sessions, done.SSO, done.Pools)
	return err
}

var errNotAgreed = errors.New("nothing was done: answer yes, or give --yes")

// ask asks whether that is meant.
func (c sessionsRevokeCommand) ask(t terminal, before time.Time) error {
	if c.Yes {
		return nil
	}
	whose, further := "all pools", ", and temporary credentials of before end, too"
	if c.Pool != "" {
		whose, further = "pool "+c.Pool, ""
	}
	fmt.Fprintf(t.stderr, "All users of %s who signed in before %s have to sign in again%s. Go on? ", whose, before.Format(time.RFC3339), further)
	answer := make([]byte, 16)
	n, err := t.stdin.Read(answer)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if given := strings.TrimSpace(string(answer[:n])); given != "yes" && given != "y" {
		return errNotAgreed
	}
	return nil
}
