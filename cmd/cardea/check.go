package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"cardea/platform/certs"
	"cardea/platform/config"
	"cardea/platform/geo"
	"cardea/server"
)

type configCheckCommand struct {
	configFlag
	Database bool `help:"Connect to the database too, and look whether it answers, can be written, has a schema of this version, and needs a master key that is not configured."`
}

// Help is shown behind the flags.
func (configCheckCommand) Help() string {
	return `Nothing is changed, and everything that is wrong is named in one run, by setting. The exit code is 1 when something is wrong; ` +
		`lines that begin with "warning:" do not count.`
}

// Run reports everything that is wrong.
func (c configCheckCommand) Run(t terminal) error {
	settings, err := config.Load(c.Config, t.environ)
	if errors.Is(err, config.ErrUnread) {
		return err
	}
	found := config.Findings{Wrong: err}
	found.Join(settings.Examine(t.ctx, c.Config))
	found.Join(certificatesOf(settings))
	found.Join(config.Findings{Wrong: contents(settings)})
	keys, err := server.ReadMasterKeys(t.ctx, settings, t.stderr)
	found.Join(config.Findings{Wrong: config.Within("master_key", err)})
	if c.Database {
		found.Join(server.CheckDatabase(t.ctx, server.Config{Database: settings.Database.Address(), MasterKeys: keys}))
	}
	return tell(t, found)
}

// tell prints what was found.
func tell(t terminal, found config.Findings) error {
	for _, line := range config.Problems(found.Doubtful) {
		fmt.Fprintf(t.stderr, "warning: %s\n", line)
	}
	wrong := config.Problems(found.Wrong)
	for _, line := range wrong {
		fmt.Fprintln(t.stderr, line)
	}
	switch len(wrong) {
	case 0:
		_, err := fmt.Fprintln(t.stdout, "The configuration is good.")
		return err
	case 1:
		return errors.New("the configuration has a problem")
	}
	return fmt.Errorf("the configuration has %d problems", len(wrong))
}

// certificatesOf looks at the certificates and their keys.
func certificatesOf(c config.Config) (found config.Findings) {
	look := func(table string, files config.TLS, host string) {
		cert, key := certs.Inspect(files.CertFile, files.KeyFile, host)
		found.Join(config.Findings{Wrong: config.Within(table+".key_file", key)})
		switch cert = config.Within(table+".cert_file", cert); {
		case errors.Is(cert, certs.ErrSoon):
			found.Join(config.Findings{Doubtful: cert})
		default:
			found.Join(config.Findings{Wrong: cert})
		}
	}
	if c.TLS.CertFile != "" && c.TLS.KeyFile != "" {
		host := ""
		if u, err := url.Parse(c.PublicURL); err == nil {
			host = u.Hostname()
		}
		look("tls", c.TLS, host)
	}
	for i, own := range c.Certificates {
		if own.CertFile != "" && own.KeyFile != "" {
			look(fmt.Sprintf("certificates %d", i+1), config.TLS{CertFile: own.CertFile, KeyFile: own.KeyFile}, "")
		}
	}
	return found
}

// contents reads the files whose contents must be right.
func contents(c config.Config) error {
	var wrong []error
	for i, key := range c.KMSKeys {
		if key.RawAESFile != "" {
			_, err := key.RawAES()
			wrong = append(wrong, config.Within(fmt.Sprintf("kms_keys[%d].raw_aes_file", i), err))
		}
	}
	if _, err := os.Stat(c.Templates); err == nil { // that there is no folder has been said
		_, err := server.ReadTemplates(c.Templates)
		wrong = append(wrong, config.Within("templates", err))
	}
	wrong = append(wrong, server.CheckRates(c.Rates))
	wrong = append(wrong, config.Within("arithmetic", server.CheckArithmetic(c)))
	places, err := geo.Open(c.GeoDatabase)
	if err != nil {
		return errors.Join(append(wrong, config.Within("geo_database", err))...)
	}
	return errors.Join(append(wrong, places.Close())...)
}
