package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/awscred"
	"cardea/platform/config"
	"cardea/platform/function"
	"cardea/platform/telemetry"
	"cardea/platform/web"
)

// functions are what stands behind the ARNs of Lambda triggers.
type functions struct {
	*trigger.Functions
	local map[string]*function.Function // that run here, by their key in the configuration
}

// newFunctions makes the functions of the configuration.
func newFunctions(c Config, metrics *telemetry.Metrics) (all functions, err error) {
	client, err := web.New(web.Options{
		Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP,
		Timeout: trigger.MaxTimeout + time.Second,
	})
	if err != nil {
		return all, fmt.Errorf("outgoing.allow: %w", err)
	}
	b := functionBuilder{config: c, client: client, found: foundKeys(c.now()), local: map[string]*function.Function{}}
	defer func() {
		all.local = b.local
		if err != nil {
			all.close()
		}
	}()
	given := slices.Clone(c.Functions)
	if c.FunctionsDefault != nil {
		given = append(given, *c.FunctionsDefault)
	}
	entries := make([]trigger.Entry, len(given))
	for i, f := range given {
		if entries[i], err = b.entry(f); err != nil {
			return all, err
		}
	}

	all.local = b.local
	all.Functions, err = trigger.New(entries...)
	if err != nil {
		return all, err
	}
	all.Now, all.Log = c.now(), c.log()
	all.Observe = func(o trigger.Observation) {
		metrics.Trigger(telemetry.Trigger{Name: o.Trigger, Transport: o.Transport, Outcome: o.Outcome, Tries: o.Tries, Took: o.Took})
	}
	metrics.Functions(all.processes)
	return all, nil
}

// processes are those of the functions that run here.
func (f functions) processes() []telemetry.Function {
	list := make([]telemetry.Function, 0, len(f.local))
	for name, one := range f.local {
		s := one.Stats()
		list = append(list, telemetry.Function{Name: name, Starting: s.Starting, Idle: s.Idle, Busy: s.Busy, Waiting: s.Waiting, Starts: s.Starts})
	}
	return list
}

// adviceOnFunction says what puts something behind the ARNs of a function.
func (c *Config) adviceOnFunction(name string) string {
	if c.Dev {
		return "start the server with --function " + name + "=path/file.py:handler"
	}
	return `add [[functions]] with name = "` + name + `" to the configuration`
}

// closeWait is how long functions that run here may take to finish when the server ends.
const closeWait = 5 * time.Second

// close ends the processes of the functions that run here.
func (f functions) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	var closing sync.WaitGroup
	for _, one := range f.local {
		closing.Go(func() { _ = one.Close(ctx) }) // what is still running has been ended
	}
	closing.Wait()
}

// functionBuilder makes entries of settings.
type functionBuilder struct {
	config Config
	client *http.Client
	found  awscred.Source // keys for Lambda that are found on the machine, shared by all entries
	local  map[string]*function.Function
}

func (b *functionBuilder) entry(f config.Function) (trigger.Entry, error) {
	entry := trigger.Entry{Key: f.Key(), Timeout: time.Duration(f.Timeout), NoBreaker: f.NoBreaker}
	switch {
	case f.Lambda != "":
		entry.Transport, entry.Function = "lambda", b.lambda(f)
	case f.Webhook != "":
		entry.Transport, entry.Function = "webhook", b.webhook(f)
	default:
		run, err := b.start(f)
		if err != nil {
			return entry, err
		}
		entry.Transport, entry.Function = "local", &trigger.Local{Function: run}
	}
	return entry, nil
}

// start prepares a function that runs here. On a development server, its files are watched and what it prints is shown;
// otherwise that is for debugging.
func (b *functionBuilder) start(f config.Function) (*function.Function, error) {
	level := slog.LevelDebug
	if b.config.Dev {
		level = slog.LevelInfo
	}
	log := b.config.log()
	run, err := function.New(function.Config{
		Name: nameOf(f), Source: f.Local, Interpreter: f.Interpreter, Region: b.config.Region, Env: revealed(f.Env),
		User: f.User, Concurrency: f.Concurrency, Keep: f.Keep, MemoryMB: f.MemoryMB, Watch: b.config.Dev, Log: log,
		Unwatched: databaseFile(b.config.Database),
		Output: func(line function.Line) {
			log.Log(context.Background(), level, "function output", "function", line.Function, "request", line.RequestID, "line", line.Text)
		},
	})
	if err != nil {
		return nil, err
	}
	b.local[cmp.Or(f.Key(), "default")] = run
	return run, nil
}

// databaseFile is where SQLite keeps the database, which changes all the time; empty for PostgreSQL.
func databaseFile(url string) string {
	path, found := strings.CutPrefix(url, "sqlite:")
	if !found {
		return ""
	}
	return strings.TrimPrefix(path, "//")
}

// nameOf is a function's name, as its ARN would have it.
func nameOf(f config.Function) string {
	if arn, err := trigger.ParseARN(f.ARN); err == nil {
		return arn.Name
	}
	name, _, _ := strings.Cut(f.Name, ":")
	return cmp.Or(name, "default")
}

func revealed(env map[string]config.Secret) map[string]string {
	shown := make(map[string]string, len(env))
	for name, value := range env {
		shown[name] = value.Reveal()
	}
	return shown
}

func (b *functionBuilder) lambda(f config.Function) *trigger.Lambda {
	keys := b.found
	switch {
	case f.AccessKeyID != "":
		keys = awscred.Static(awscred.Keys{ID: f.AccessKeyID, Secret: f.SecretAccessKey.Reveal(), Token: f.SessionToken.Reveal()})
	case f.Profile != "":
		keys = awscred.Profile(os.LookupEnv, f.Profile)
	}
	return &trigger.Lambda{
		Endpoint: f.Lambda, Name: f.LambdaName, Keys: keys, Client: b.client, Now: b.config.now(),
		LogTail: b.config.log().Enabled(context.Background(), slog.LevelDebug),
	}
}

func (b *functionBuilder) webhook(f config.Function) *trigger.Webhook {
	secrets := [][]byte{[]byte(f.WebhookSecret.Reveal())}
	if f.WebhookFormerSecret != "" {
		secrets = append(secrets, []byte(f.WebhookFormerSecret.Reveal()))
	}
	return &trigger.Webhook{URL: f.Webhook, Secrets: secrets, Client: b.client, Now: b.config.now()}
}

// foundKeys are the AWS credentials that the machine has, in the order in which AWS's SDKs look for them.
func foundKeys(now func() time.Time) awscred.Source {
	near := awscred.NewClient()
	return awscred.Cached(awscred.Chain(
		awscred.Environment(os.LookupEnv), awscred.Profile(os.LookupEnv, ""),
		awscred.Container(os.LookupEnv, near), awscred.Machine(os.LookupEnv, near),
	), now)
}
