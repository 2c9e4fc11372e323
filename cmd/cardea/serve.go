package main

import (
	"crypto/tls"
	"fmt"
	"time"

	"cardea/platform/certs"
	"cardea/platform/config"
	"cardea/platform/telemetry"
	"cardea/server"
)

type serveCommand struct {
	configFlag
	functionFlag
}

// Run serves until SIGTERM or SIGINT, then drains.
func (c serveCommand) Run(t terminal) error {
	settings, err := c.load(t)
	if err != nil {
		return err
	}
	named, err := c.functions(nil)
	if err != nil {
		return err
	}
	settings.Functions = config.OverrideFunctions(settings.Functions, named)
	srv, err := server.New(t.ctx, settings)
	if err != nil {
		return err
	}
	defer srv.Close()
	if err := srv.Listen(); err != nil {
		return err
	}
	if err := notify("READY=1"); err != nil {
		settings.Log.Warn("the service manager was not told that the server is ready", "error", err)
	}
	settings.Log.Info("serving", "addr", srv.Addr().String(), "public_url", settings.PublicURL, "version", version,
		"arithmetic", srv.Arithmetic(), "memory_limit_mb", memoryLimit()>>20)
	return srv.Run(t.ctx)
}

// load turns the configuration into a server's.
func (c configFlag) load(t terminal) (server.Config, error) {
	settings, err := config.Load(c.Config, t.environ)
	if err != nil {
		return server.Config{}, configError{err}
	}
	log, err := telemetry.Logger(t.stderr, settings.Log.Level, settings.Log.Format)
	if err != nil {
		return server.Config{}, err
	}
	keys, err := server.AwaitMasterKeys(t.ctx, settings, t.stderr, log)
	if err != nil {
		return server.Config{}, err
	}
	certificate, err := certificate(settings.TLS)
	if err != nil {
		return server.Config{}, err
	}
	files, err := certificates(settings.Certificates)
	if err != nil {
		return server.Config{}, err
	}
	proxies, err := settings.Proxies()
	if err != nil {
		return server.Config{}, err
	}
	return server.Config{
		Addr:            settings.Addr,
		AdminAddr:       settings.AdminAddr,
		AdminPprof:      settings.AdminPprof,
		PublicURL:       settings.PublicURL,
		IssuerBase:      settings.IssuerBase,
		BaseDomain:      settings.BaseDomain,
		Region:          settings.Region,
		Account:         settings.Account,
		Database:        settings.Database.Address(),
		MasterKeys:      keys,
		Certificate:     certificate,
		Certificates:    files,
		ACME:            settings.ACME,
		TrustedProxies:  proxies,
		ShutdownDelay:   time.Duration(settings.ShutdownDelay),
		PasswordStorage: settings.Passwords.Storage,

		Arithmetic:        settings.Arithmetic,
		ArithmeticLibrary: settings.ArithmeticLibrary,

		GeoDatabase: settings.GeoDatabase,
		Templates:   settings.Templates,
		Senders:     settings.Senders,
		SMTP:        settings.SMTP,
		SMS:         settings.SMS,
		Limits:      &settings.Limits,
		Outgoing:    settings.Outgoing,
		Tracing:     settings.Tracing,
		Federation:  settings.Federation,
		Guard:       settings.Guard,
		S3IAM:       settings.S3IAM,
		Brokers:     settings.Brokers,

		Functions:        settings.Functions,
		FunctionsDefault: settings.FunctionsDefault,
		KMSKeys:          settings.KMSKeys,

		Rates:   &settings.Rates,
		Audit:   settings.Audit,
		Stdout:  t.stdout,
		Log:     log,
		Version: version,
	}, nil
}

// certificate opens the certificate files; nil means plain HTTP.
func certificate(files config.TLS) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	if files.CertFile == "" {
		return nil, nil
	}
	opened, err := certs.Open(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return opened.Get, nil
}

// certificates opens the files of custom domains' certificates.
func certificates(list []config.Certificate) (map[string]*certs.Files, error) {
	all := map[string]*certs.Files{}
	for _, c := range list {
		opened, err := certs.Open(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("certificates: %s: %w", c.ARN, err)
		}
		all[c.ARN] = opened
	}
	return all, nil
}
