package main

import "cardea/server"

// recorded runs a command that changes the store, and records it in the audit log if one is kept, with what it was given. Records for
// standard output go to standard error, where they are not taken for what the command prints.
func (c configFlag) recorded(t terminal, command string, given map[string]string, do func() error) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	settings.Stdout = t.stderr
	return server.Recorded(t.ctx, settings, command, given, do)
}
