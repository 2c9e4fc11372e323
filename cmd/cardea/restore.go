package main

import (
	"fmt"
	"strconv"
	"time"

	"cardea/server"
)

type restoreCommand struct {
	configFlag
	File         string `arg:"" help:"The backup; - is standard input."`
	KeepSessions bool   `help:"Leave everybody signed in who was when the backup was made, also those whose sessions were ended since."`
	KeepMessages bool   `help:"Deliver the messages that waited when the backup was made, also those that were delivered since."`
}

// Help is the long text of --help.
func (restoreCommand) Help() string {
	return `Makes the empty database that the configuration names what a backup holds, all or nothing: a file that is not there, or a schema of PostgreSQL
without tables. Backups of SQLite and PostgreSQL are alike.

Without --keep-sessions everybody has to sign in again, since sessions and tokens that were revoked after the backup would be good again, and
temporary credentials issued so far are void. Users, keys and settings that were deleted or changed since come back as they were, with either: see
"Restore" in docs/runbooks.md for how to find them.`
}

// Run restores a backup.
func (c restoreCommand) Run(t terminal) error {
	given := map[string]string{"keepSessions": strconv.FormatBool(c.KeepSessions), "keepMessages": strconv.FormatBool(c.KeepMessages)}
	return c.recorded(t, "restore", given, func() error { return c.restore(t) })
}

func (c restoreCommand) restore(t terminal) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	in, err := openBackup(t, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	began := time.Now()
	report, err := server.Restore(t.ctx, settings, in, server.RestoreOptions{KeepSessions: c.KeepSessions, KeepMessages: c.KeepMessages})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	sessions := "Sessions and temporary credentials have ended: everybody signs in again."
	if c.KeepSessions {
		sessions = "Sessions are as they were then: what was revoked since is good again. `cardea sessions revoke` ends them."
	}
	_, err = fmt.Fprintf(t.stdout, "The database is as it was at %s: %d rows of %d tables in %v; %d rows do not last and were left out.\n%s\n",
		report.Taken.Format(time.RFC3339), report.Rows()-report.Dropped, len(report.Counts), time.Since(began).Round(time.Millisecond), report.Dropped, sessions)
	return err
}
