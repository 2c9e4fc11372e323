package server

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"cardea/engine/backchannel"
	"cardea/engine/certificate"
	"cardea/engine/cluster"
	"cardea/engine/issuer"
	"cardea/inbound/login"
	"cardea/outbound/externalsts"
	"cardea/platform/db"
	"cardea/platform/geo"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/platform/web"
	"cardea/record/datakey"
)

// opened is what a server is built on: what must be opened, and what the configuration may be wrong about.
type opened struct {
	node            string // of this process
	alone           bool   // no other server has the database
	unlock          func() // lets another have it
	store           *db.DB
	ring            *datakey.Ring
	places          *geo.Database
	functions       functions
	senders         senders
	toApps          *http.Client // calls apps of the pools
	toProviders     *http.Client // calls identity providers
	toTokenServices *http.Client // calls other token services
	sites           *issuer.Sites
	certificates    *certificate.Chooser
	templates       *login.Templates
	arithmetic      arithmetic
}

// open opens the database and what else is on disk, and closes it again if the rest of the configuration is wrong.
func open(ctx context.Context, c Config, master *seal.Master, metrics *telemetry.Metrics) (o opened, err error) {
	if o.arithmetic, err = newArithmetic(c); err != nil {
		return o, err
	}
	metrics.Arithmetic(o.arithmetic.name, o.arithmetic.version)
	if o.senders, err = newSenders(c); err != nil {
		return o, err
	}
	if o.toApps, err = newGuardedClient(c, backchannel.Timeout, backchannel.MaxAnswer); err != nil {
		return o, err
	}
	if o.toProviders, err = newGuardedClient(c, 0, 0); err != nil {
		return o, err
	}
	if o.toTokenServices, err = newGuardedClient(c, externalsts.Timeout, externalsts.MaxAnswer); err != nil {
		return o, err
	}
	if err := o.openStore(ctx, c, metrics); err != nil {
		return o, err
	}
	defer func() {
		if err != nil {
			_ = o.closeStore() // the reason for giving up matters more
		}
	}()
	o.ring = &datakey.Ring{Master: master, Log: c.Log}
	o.senders.keys.DB, o.senders.keys.Ring = o.store, o.ring
	if err := opens(ctx, o.store, master); err != nil {
		return o, err
	}
	o.sites = issuer.NewSites(o.store, c.issuers())
	if o.certificates, err = newChooser(c, o.sites, &certificate.Cache{DB: o.store, Ring: o.ring}); err != nil {
		return o, err
	}
	if o.templates, err = ReadTemplates(c.Templates); err != nil {
		return o, err
	}
	if o.functions, err = newFunctions(c, metrics); err != nil {
		return o, err
	}
	if o.places, err = geo.Open(c.GeoDatabase); err != nil {
		o.functions.close()
		return o, fmt.Errorf("geo_database: %w", err)
	}
	return o, nil
}

// openStore opens the database, which no other server may have if it is a file.
func (o *opened) openStore(ctx context.Context, c Config, metrics *telemetry.Metrics) (err error) {
	o.node, o.unlock = cluster.NewID(), func() {}
	if !c.Test.SharedFile {
		if o.unlock, err = db.Alone(c.Database); err != nil {
			return err
		}
		o.alone = strings.HasPrefix(c.Database, "sqlite:")
	}
	o.store, err = db.Open(ctx, c.Database, db.Options{
		Now: c.now(), Observe: c.transactions(metrics), Fast: c.Test.FastDatabase, Watch: true,
		Contract: func(ctx context.Context, d *db.DB, needs string) error {
			if o.alone {
				return nil
			}
			c.Log.Info("waiting until no older node serves", "needs", needs)
			return (&cluster.Older{DB: d, Needs: needs, Now: time.Now}).Wait(ctx)
		},
	})
	if err != nil {
		o.unlock()
	}
	return err
}

// closeStore closes the database and lets another server have it.
func (o *opened) closeStore() error {
	defer o.unlock()
	return o.store.Close()
}

// transactions is what is told of every transaction of the database.
func (c *Config) transactions(metrics *telemetry.Metrics) func(ctx context.Context, t db.Transaction) {
	return func(ctx context.Context, t db.Transaction) {
		metrics.Transaction(t.Kind, t.Took, t.Retries)
		traceTransaction(ctx, t)
		if c.Test.Transaction != nil {
			c.Test.Transaction(ctx, t)
		}
	}
}

// newGuardedClient makes a client for addresses that pools name, bounded as web.Options says. What a development server calls may run
// beside it.
func newGuardedClient(c Config, timeout time.Duration, maxBytes int64) (*http.Client, error) {
	opts := web.Options{
		Allow: slices.Clone(c.Outgoing.Allow), PlainHTTP: c.Outgoing.PlainHTTP, Timeout: timeout, MaxBytes: maxBytes,
	}
	if c.Dev {
		opts.Allow, opts.PlainHTTP = append(opts.Allow, "127.0.0.0/8", "::1"), true
	}
	client, err := web.New(opts)
	if err != nil {
		return nil, fmt.Errorf("outgoing.allow: %w", err)
	}
	return client, nil
}

// opens makes sure that the master keys open everything that the database holds, before anything is served or written under
// another.
func opens(ctx context.Context, store *db.DB, master *seal.Master) error {
	var wrapped map[string]datakey.Wrapped
	err := store.Read(ctx, func(tx *db.Tx) (err error) {
		wrapped, err = datakey.MasterKeys(tx)
		return err
	})
	if err != nil {
		return err
	}
	configured := master.IDs()
	for _, name := range slices.Sorted(maps.Keys(wrapped)) {
		if !slices.Contains(configured, name) {
			return fmt.Errorf("the master key does not open this database: %d of its data keys are wrapped by the master key %s, and configured is %s. "+
				"Put that key behind the others, one to a line; docs/runbooks.md says how master keys are replaced, and what is left without",
				wrapped[name].Count, name, strings.Join(configured, ", "))
		}
	}
	return nil
}
