package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"cardea/server"
)

type keysStatusCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print JSON, for scripts."`
}

// Help is shown behind the flags.
func (keysStatusCommand) Help() string {
	return `The exit code is 1 when data keys need a master key that is not configured.`
}

// Run prints which master keys are needed.
func (c keysStatusCommand) Run(t terminal) error {
	return c.withMasterKeys(t, func(keys *server.MasterKeys) error { return showMasterKeys(t, keys, c.JSON) })
}

type keysRewrapCommand struct {
	configFlag
	JSON bool `name:"json" help:"Print JSON, for scripts: the status afterwards."`
}

// Help is shown behind the flags.
func (keysRewrapCommand) Help() string {
	return `Servers may run meanwhile, and need not be started anew afterwards. All of them must have the master key in front already, ` +
		`in front or behind. What is moved stays moved when this is interrupted; run it again to go on.`
}

// Run moves the data keys.
func (c keysRewrapCommand) Run(t terminal) error {
	return c.recorded(t, "keys rewrap", nil, func() error {
		return c.withMasterKeys(t, func(keys *server.MasterKeys) error {
			err := keys.Rewrap(t.ctx, func(moved int) {
				fmt.Fprintf(t.stderr, "%d data keys are under the master key in front now\n", moved)
			})
			if err != nil {
				return err
			}
			return showMasterKeys(t, keys, c.JSON)
		})
	})
}

// withMasterKeys opens the store that the configuration names for the time of do.
func (c configFlag) withMasterKeys(t terminal, do func(*server.MasterKeys) error) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	keys, err := server.OpenMasterKeys(t.ctx, settings)
	if err != nil {
		return err
	}
	defer keys.Close()
	return do(keys)
}

// showMasterKeys prints the master keys, and fails if one is missing.
func showMasterKeys(t terminal, keys *server.MasterKeys, asJSON bool) error {
	status, err := keys.Status(t.ctx)
	if err != nil {
		return err
	}
	show := printMasterKeys
	if asJSON {
		show = encodeMasterKeys
	}
	if err := show(t.stdout, status); err != nil {
		return err
	}
	for _, key := range status.Keys {
		if key.Position == server.Missing {
			return fmt.Errorf("%d data keys need the master key %s, which is not configured: put it behind the others", key.DataKeys, key.ID)
		}
	}
	return nil
}

func encodeMasterKeys(w io.Writer, status server.MasterKeyStatus) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(status)
}

func printMasterKeys(w io.Writer, status server.MasterKeyStatus) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MASTER KEY\tPOSITION\tDATA KEYS\tOLDEST\tNEWEST\tMAY BE DROPPED")
	for _, key := range status.Keys {
		droppable := "no"
		if key.Droppable {
			droppable = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", key.ID, key.Position, key.DataKeys, day(key.Oldest), day(key.Newest), droppable)
	}
	for _, n := range status.Nodes {
		fmt.Fprintf(table, "server %s on %s: %s\n", n.ID, n.Host, strings.Join(n.MasterKeys, " "))
	}
	return table.Flush()
}

// day is when a data key was made; a dash where there is none.
func day(made *time.Time) string {
	if made == nil {
		return "-"
	}
	return made.Format(time.RFC3339)
}
