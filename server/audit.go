package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"cardea/outbound/delivery"
	"cardea/outbound/webhook"
	"cardea/platform/audit"
	"cardea/platform/config"
	"cardea/platform/jobs"
	"cardea/platform/telemetry"
	"cardea/spec/id"
)

// Intervals of the audit log's webhook.
const (
	auditInterval = time.Second
	auditTimeout  = 10 * time.Second
	auditFarewell = 3 * time.Second // for what is left when the server stops
)

// auditLog is the audit log with what sends its records elsewhere.
type auditLog struct {
	log      *audit.Log        // nil: none is kept
	queue    *audit.Queue      // nil: there is no webhook
	endpoint *webhook.Endpoint // likewise
	last     string            // the delivery that was tried last
	attempt  int64             // how often
	pause    time.Time         // nothing is sent before
	failures int               // in a row
}

// newAuditLog opens the audit log that the configuration asks for. metrics may be nil.
func newAuditLog(c *Config, metrics *telemetry.Metrics) (*auditLog, error) {
	t := &auditLog{}
	if !c.Audit.Kept() {
		if metrics != nil {
			t.measured(metrics)
		}
		return t, nil
	}
	o := audit.Options{File: c.Audit.File, Required: c.Audit.Required, Account: c.Account, Region: c.Region, Log: c.log()}
	if c.Audit.Stdout {
		o.Output = c.Stdout
	}
	if c.Audit.WebhookURL != "" {
		client, err := newGuardedClient(*c, auditTimeout, 64<<10)
		if err != nil {
			return nil, err
		}
		t.queue = &audit.Queue{}
		t.endpoint = &webhook.Endpoint{URL: c.Audit.WebhookURL, Secrets: auditSecrets(c.Audit), Client: client}
		o.Queue = t.queue
	}
	if metrics != nil {
		o.Observe = t.measured(metrics)
	}
	var err error
	t.log, err = audit.Open(o)
	return t, err
}

// measured publishes the metrics of the audit log, and returns what counts a record.
func (t *auditLog) measured(metrics *telemetry.Metrics) func(sink string, written bool) {
	count := metrics.Counter("audit_records_total", "Number of records of the audit log, by where they go and whether they were written.", "sink", "outcome")
	metrics.Gauge("audit_queue", "Number of records of the audit log that wait for the webhook.", func() float64 {
		if t.queue == nil {
			return 0
		}
		return float64(t.queue.Waiting())
	})
	return func(sink string, written bool) { count(sink, map[bool]string{true: "written", false: "lost"}[written]) }
}

func auditSecrets(a config.Audit) [][]byte {
	secrets := [][]byte{[]byte(a.WebhookSecret.Reveal())}
	if a.WebhookNextSecret != "" {
		secrets = append(secrets, []byte(a.WebhookNextSecret.Reveal()))
	}
	return secrets
}

// jobs are the background work of the audit log.
func (t *auditLog) jobs() []jobs.Job {
	if t.queue == nil {
		return nil
	}
	return []jobs.Job{{
		Name: "send records of the audit log", Every: auditInterval, Everywhere: true, Wake: t.queue.Wake(), Run: t.deliver,
	}}
}

// deliver sends what is in the queue. After a failure it waits, longer each time, up to a minute.
func (t *auditLog) deliver(ctx context.Context) error {
	if time.Now().Before(t.pause) {
		return nil
	}
	err := t.queue.Deliver(ctx, t.send)
	if err == nil {
		t.failures = 0
		return nil
	}
	t.failures++
	t.pause = time.Now().Add(min(time.Minute, time.Second<<min(t.failures, 6)))
	return fmt.Errorf("audit log: %w; %d records wait", err, t.queue.Waiting())
}

// send sends a batch. The same batch has the same delivery, whatever the attempt.
func (t *auditLog) send(ctx context.Context, body []byte) error {
	hash := sha256.Sum256(body)
	id := hex.EncodeToString(hash[:16])
	if id != t.last {
		t.last, t.attempt = id, 0
	}
	t.attempt++
	response, err := t.endpoint.Post(ctx, webhook.Call{Delivery: id, Attempt: t.attempt}, body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 == 2 {
		return nil
	}
	failed := delivery.Status("the webhook of the audit log", response)
	if refuses(response.StatusCode) {
		return fmt.Errorf("%w: %w", audit.ErrRefused, failed)
	}
	return failed
}

// refuses reports whether a status may be about what was sent: too large, or with something that a receiver or a firewall before it does
// not take. Another batch may be taken then.
func refuses(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status/100 == 4 || status == http.StatusInternalServerError
}

// close sends what is left, for a short time, and closes the log.
func (t *auditLog) close(c *Config) error {
	if t == nil || t.log == nil {
		return nil
	}
	if t.queue != nil && t.queue.Waiting() > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), auditFarewell)
		defer cancel()
		if err := t.queue.Deliver(ctx, t.send); err != nil {
			c.log().Error("records of the audit log are lost", "of", "webhook", "count", t.queue.Waiting(), "error", err)
		}
	}
	return t.log.Close()
}

// followRotation opens the file of the audit log anew at each SIGHUP, until stop is called. Without a file the signal keeps its meaning.
func (t *auditLog) followRotation(c *Config) (stop func()) {
	if c.Audit.File == "" {
		return func() {}
	}
	hangups, stopped := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-hangups:
				if err := t.log.Reopen(); err != nil {
					c.log().Error("open the audit log anew", "error", err)
				}
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(stopped)
	}
}

// Recorded makes a change to the store by a command of the program, and its record. The record names the command, the user of the
// operating system who runs it, and the parameters, which must hold no secrets; change may add to them. Where
// the log cannot be opened, nothing is changed.
func Recorded(ctx context.Context, c Config, command string, parameters map[string]string, change func() error) error {
	log, err := newAuditLog(&c, nil)
	if err != nil {
		return err
	}
	if log.log == nil {
		return change()
	}
	failed := change()
	recorded := log.log.Write(commandEvent(&c, command, parameters, failed))
	if log.queue != nil && recorded == nil {
		recorded = log.queue.Deliver(ctx, log.send)
	}
	if recorded != nil {
		recorded = fmt.Errorf("the command has run, but is not in the audit log: %w", recorded)
	}
	return errors.Join(failed, recorded, log.close(&c))
}

// commandEvent is the record of a command.
func commandEvent(c *Config, command string, parameters map[string]string, failed error) *audit.Event {
	given, err := json.Marshal(parameters)
	if err != nil {
		panic(err) // strings always encode
	}
	e := &audit.Event{
		Time: time.Now(), ID: id.NewUUID(), RequestID: id.NewUUID(), Source: "cardea", Name: command, Type: audit.ServiceEvent,
		Region: c.Region, Account: c.Account, SourceIP: "localhost", UserAgent: "cardea/" + c.Version, Parameters: given,
		Identity: audit.Identity{Type: "Unknown", PrincipalID: strconv.Itoa(os.Getuid()), Account: c.Account, InvokedBy: "cardea"},
	}
	if who, err := user.Current(); err == nil {
		e.Identity.UserName = who.Username
	}
	if failed != nil {
		e.ErrorCode = "Failed" // the reason may name what is secret, and is told to whoever runs the command
	}
	return e
}
