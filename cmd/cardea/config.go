package main

import (
	"fmt"

	"cardea/platform/config"
	"cardea/platform/geo"
	"cardea/server"
)

// configFlag names the configuration file of a production server.
type configFlag struct {
	Config string `help:"The configuration file (TOML). Without it, all settings come from CARDEA_ variables." type:"path" env:"CARDEA_CONFIG" placeholder:"FILE"`
}

type configCommands struct {
	Check configCheckCommand `cmd:"" help:"Report everything that is wrong with a configuration."`
	Show  configShowCommand  `cmd:"" help:"Print every setting as it holds, environment included, with secrets masked."`
}

type configCheckCommand struct {
	configFlag
}

// Run checks what can be checked without opening the database.
func (c configCheckCommand) Run(t terminal) error {
	settings, err := config.Load(c.Config, t.environ)
	if err != nil {
		return err
	}
	if _, err := settings.MasterKeys(); err != nil {
		return err
	}
	if _, err := certificate(settings.TLS); err != nil {
		return err
	}
	if _, err := certificates(settings.Certificates); err != nil {
		return err
	}
	for _, key := range settings.KMSKeys {
		if key.RawAESFile == "" {
			continue
		}
		if _, err := key.RawAES(); err != nil {
			return err
		}
	}
	if _, err := server.ReadTemplates(settings.Templates); err != nil {
		return err
	}
	if err := server.CheckArithmetic(settings); err != nil {
		return err
	}
	places, err := geo.Open(settings.GeoDatabase)
	if err != nil {
		return fmt.Errorf("geo_database: %w", err)
	}
	_ = places.Close() // nothing was written
	_, err = fmt.Fprintln(t.stdout, "The configuration is good.")
	return err
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
