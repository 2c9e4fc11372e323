package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"cardea/platform/certs"
	"cardea/platform/config"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/server"
)

type devCommand struct {
	functionFlag

	Addr      string           `help:"Where to listen; other machines are let in only by an address that says so." default:"127.0.0.1:9229" env:"CARDEA_DEV_ADDR"`
	Data      string           `help:"The folder that everything is kept in." default:".cardea" type:"path" env:"CARDEA_DEV_DATA"`
	Database  config.SecretURL `help:"A PostgreSQL database for everything but the master key, instead of a file in the data folder." env:"CARDEA_DEV_DATABASE" placeholder:"URL"`
	PublicURL string           `name:"public-url" help:"The address under which clients reach the server, if that is another: a proxy's, or of a forwarded port." env:"CARDEA_DEV_PUBLIC_URL" placeholder:"URL"`
	Account   string           `help:"The account number in ARNs." default:"123456789012" env:"CARDEA_DEV_ACCOUNT"`
	Region    string           `help:"The Region of the demo pool and of requests that name none." default:"us-east-1" env:"CARDEA_DEV_REGION"`
	TLS       bool             `name:"tls" help:"Serve https, with a certificate authority kept in the data folder." env:"CARDEA_DEV_TLS"`
	Issuer    string           `name:"issuer-base" help:"What every issuer begins with, instead of the server's address; {region} stands for the pool's Region." env:"CARDEA_DEV_ISSUER_BASE" placeholder:"URL"`
	Enforce   bool             `name:"enforce-iam" help:"Check signatures and let policies decide, as cardea serve does; prints a root key to begin with." env:"CARDEA_DEV_ENFORCE_IAM"`
	Host      []string         `help:"A further host name that this server answers to; may be repeated." placeholder:"NAME"`
	Geo       string           `name:"geo-database" help:"A MaxMind database by which lists of sessions name places." type:"path" env:"CARDEA_DEV_GEO_DATABASE" placeholder:"FILE"`
	Templates string           `help:"A folder with frames, style sheets and texts of your own for the pages of domains." type:"existingdir" env:"CARDEA_DEV_TEMPLATES" placeholder:"DIR"`
	Social    []string         `name:"federation" help:"Where a social provider is, such as google.token_url=http://localhost:4000/token; may be repeated." placeholder:"PROVIDER.SETTING=URL" sep:"none"`
	Audit     string           `help:"Write the audit log to this file, or to standard output where it is -." env:"CARDEA_DEV_AUDIT" placeholder:"FILE"`
	Log       string           `help:"How much to write: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"CARDEA_DEV_LOG"`
}

// Run starts a server for development and prints how to use it.
func (c devCommand) Run(t terminal) error {
	ready, err := c.prepare(t)
	if err != nil {
		return err
	}
	srv, err := server.New(t.ctx, ready.settings)
	if err != nil {
		return err
	}
	defer srv.Close()
	if err := srv.Listen(); err != nil {
		return err
	}
	demo, err := srv.Demo(t.ctx)
	if err != nil {
		return err
	}
	screen := screen{URL: ready.settings.PublicURL, Region: c.Region, Demo: demo, Data: c.Data, Open: !c.loopback(), Key: ready.key, Enforced: c.Enforce}
	if ready.local != nil {
		screen.Authority = ready.local.AuthorityFile
	}
	if err := screen.print(t.stdout); err != nil {
		return err
	}
	return srv.Run(t.ctx)
}

// prepared is what a server for development is made of.
type prepared struct {
	settings server.Config
	local    *certs.Local // nil without https
	key      accessKey    // that its clients sign with
}

// prepare fills the data folder and turns the flags into a server's configuration.
func (c devCommand) prepare(t terminal) (prepared, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return prepared{}, fmt.Errorf("data folder: %w", err)
	}
	keys, err := masterKeys(filepath.Join(c.Data, "master.key"))
	if err != nil {
		return prepared{}, err
	}
	log, err := telemetry.Logger(t.stderr, c.Log, "text")
	if err != nil {
		return prepared{}, err
	}
	settings := server.Config{
		Dev:        true,
		EnforceIAM: c.Enforce,
		Addr:       c.Addr,
		Hosts:      c.names(),
		PublicURL:  c.address(),
		IssuerBase: c.Issuer,
		Region:     c.Region,
		Account:    c.Account,
		Database:   c.database(),
		MasterKeys: keys,
		Log:        log,
		Version:    version,

		GeoDatabase: c.Geo,
		Templates:   c.Templates,
		Audit:       c.audit(),
		Stdout:      t.stdout,
	}
	var local *certs.Local
	if c.TLS {
		if local, err = certs.OpenLocal(c.Data, append(c.names(), c.hostname())...); err != nil {
			return prepared{}, err
		}
		settings.Certificate, settings.IssueCertificate = local.Get, local.For
	}
	if settings.Federation, err = config.ParseFederation(c.Social); err != nil {
		return prepared{}, fmt.Errorf("--federation: %w", err)
	}
	key := anyKey
	if c.Enforce {
		if key, err = rootKey(t.ctx, settings); err != nil {
			return prepared{}, err
		}
	}
	settings.Functions, err = c.functions(functionEnvironment(settings.PublicURL, local, key))
	return prepared{settings, local, key}, err
}

// accessKey signs the requests of this machine's clients and functions.
type accessKey struct{ ID, Secret string }

// anyKey is one that nobody has: a server that does not ask policies accepts any.
var anyKey = accessKey{"dev", "dev"}

// rootKey is the first root key of the server, which is made if there is none.
func rootKey(ctx context.Context, settings server.Config) (accessKey, error) {
	keys, err := server.OpenAccessKeys(ctx, settings)
	if err != nil {
		return accessKey{}, err
	}
	defer keys.Close()
	id, secret, err := keys.First(ctx)
	return accessKey{id, secret}, err
}

// functionEnvironment lets functions call this server by AWS's SDKs, as on Lambda they would call AWS.
func functionEnvironment(url string, local *certs.Local, key accessKey) map[string]config.Secret {
	env := map[string]config.Secret{"AWS_ACCESS_KEY_ID": config.Secret(key.ID), "AWS_SECRET_ACCESS_KEY": config.Secret(key.Secret)}
	for _, service := range []string{"COGNITO_IDENTITY_PROVIDER", "KMS", "STS"} {
		env["AWS_ENDPOINT_URL_"+service] = config.Secret(url)
	}
	if local != nil {
		env["AWS_CA_BUNDLE"], env["NODE_EXTRA_CA_CERTS"] = config.Secret(local.AuthorityFile), config.Secret(local.AuthorityFile)
	}
	return env
}

// audit is where the audit log is written, if it is.
func (c devCommand) audit() config.Audit {
	if c.Audit == "-" {
		return config.Audit{Stdout: true}
	}
	return config.Audit{File: c.Audit}
}

// database is where everything but the master key is kept.
func (c devCommand) database() string {
	if c.Database != "" {
		return c.Database.Reveal()
	}
	return "sqlite:" + filepath.ToSlash(filepath.Join(c.Data, "cardea.db"))
}

// address is the one under which clients reach the server.
func (c devCommand) address() string {
	switch {
	case c.PublicURL != "":
		return c.PublicURL
	case c.TLS:
		return "https://" + c.host()
	}
	return "http://" + c.host()
}

// names are further host names that the server answers to.
func (c devCommand) names() []string {
	names := slices.Clone(c.Host)
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		names = append(names, u.Hostname())
	}
	return names
}

// hostname is the host of the address that clients on this machine use.
func (c devCommand) hostname() string {
	host, _, _ := net.SplitHostPort(c.Addr)
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		if len(c.Host) > 0 {
			return c.Host[0]
		}
		return "localhost"
	}
	return host
}

func (c devCommand) host() string {
	_, port, _ := net.SplitHostPort(c.Addr)
	return net.JoinHostPort(c.hostname(), port)
}

// loopback reports whether only this machine can reach the server.
func (c devCommand) loopback() bool {
	host, _, _ := net.SplitHostPort(c.Addr)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

// Validate checks the flags; kong calls it.
func (c devCommand) Validate() error {
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" || port == "0" {
		return fmt.Errorf("--addr %q is not host:port", c.Addr)
	}
	return errors.Join(
		config.CheckRegion("--region", c.Region),
		config.CheckAccount("--account", c.Account),
		config.CheckIssuer("--issuer-base", c.Issuer),
		config.CheckBase("--public-url", c.PublicURL),
		config.CheckDatabase("--database", c.Database),
	)
}

// masterKeys reads the development master key, making it on first use.
func masterKeys(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(seal.FormatKey(seal.NewKey()) + "\n")
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return config.ParseMasterKeys(string(text), path)
}
