package main

import (
	"fmt"

	"cardea/platform/config"
)

// configFlag names the configuration file of a production server.
type configFlag struct {
	Config string `help:"The configuration file (TOML). Without it, all settings come from CARDEA_ variables." type:"path" env:"CARDEA_CONFIG" placeholder:"FILE"`
}

type configCommands struct {
	Check configCheckCommand `cmd:"" help:"Report everything that is wrong with a configuration."`
	Show  configShowCommand  `cmd:"" help:"Print every setting as it holds, environment included, with secrets masked."`
}

type configShowCommand struct {
	configFlag
}

// Run prints the settings even when some are wrong, and then what is wrong.
func (c configShowCommand) Run(t terminal) error {
	settings, wrong := config.Load(c.Config, t.environ)
	text, err := settings.Show()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(t.stdout, text); err != nil {
		return err
	}
	return wrong
}
