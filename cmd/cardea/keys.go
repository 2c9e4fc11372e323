package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"cardea/server"
)

type keysCommands struct {
	Create  keysCreateCommand  `cmd:"" group:"Root access keys:" help:"Make a root key and print its secret, this once."`
	List    keysListCommand    `cmd:"" group:"Root access keys:" help:"List the root keys, without their secrets. Those of users of IAM are listed by ListAccessKeys."`
	Disable keysDisableCommand `cmd:"" group:"Root access keys:" help:"Refuse requests signed with a root key, within a second, and keep its row."`
	Delete  keysDeleteCommand  `cmd:"" group:"Root access keys:" help:"Delete a root key."`

	Status keysStatusCommand `cmd:"" group:"Master keys:" help:"Show how many data keys each master key wraps, and which may be dropped."`
	Rewrap keysRewrapCommand `cmd:"" group:"Master keys:" help:"Wrap all data keys by the master key in front."`
}

type keysCreateCommand struct {
	configFlag
}

// Run makes a key.
func (c keysCreateCommand) Run(t terminal) error {
	given := map[string]string{}
	return c.changeKeys(t, "keys create", given, func(keys *server.AccessKeys) error {
		key, secret, err := keys.Create(t.ctx)
		if err != nil {
			return err
		}
		given["accessKeyId"] = key
		_, err = fmt.Fprintf(t.stdout, "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", key, secret)
		return err
	})
}

type keysListCommand struct {
	configFlag
}

// Run lists the keys.
func (c keysListCommand) Run(t terminal) error {
	return c.withKeys(t, func(keys *server.AccessKeys) error {
		all, err := keys.List(t.ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tSTATUS\tCREATED")
		for _, key := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\n", key.ID, status(key.Disabled), key.Created.Format(time.RFC3339))
		}
		return table.Flush()
	})
}

func status(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "active"
}

type keysDisableCommand struct {
	configFlag
	Key string `arg:"" help:"The access key id."`
}

// Run disables a key.
func (c keysDisableCommand) Run(t terminal) error {
	given := map[string]string{"accessKeyId": c.Key}
	return c.changeKeys(t, "keys disable", given, func(keys *server.AccessKeys) error { return keys.Disable(t.ctx, c.Key) })
}

type keysDeleteCommand struct {
	configFlag
	Key string `arg:"" help:"The access key id."`
}

// Run deletes a key.
func (c keysDeleteCommand) Run(t terminal) error {
	given := map[string]string{"accessKeyId": c.Key}
	return c.changeKeys(t, "keys delete", given, func(keys *server.AccessKeys) error { return keys.Delete(t.ctx, c.Key) })
}

// changeKeys is withKeys for a command that changes something, which the audit log is told.
func (c configFlag) changeKeys(t terminal, command string, given map[string]string, do func(*server.AccessKeys) error) error {
	return c.recorded(t, command, given, func() error { return c.withKeys(t, do) })
}

// withKeys opens the store that the configuration names for the time of do.
func (c configFlag) withKeys(t terminal, do func(*server.AccessKeys) error) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	keys, err := server.OpenAccessKeys(t.ctx, settings)
	if err != nil {
		return err
	}
	defer keys.Close()
	return do(keys)
}
