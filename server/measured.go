package server

import (
	"context"
	"net/http"
	"time"

	"cardea/engine/message"
	"cardea/outbound/delivery"
	"cardea/platform/db"
	"cardea/platform/telemetry"
	"cardea/record/datakey"
	"cardea/record/signingkey"
)

// How long values that cost a query are good for: those that alerts are about, and those that change with the configuration of
// pools alone, whose queries read all keys.
const (
	measuredOften  = 15 * time.Second
	measuredSeldom = 10 * time.Minute
)

// Metrics that are read from the database, or of it.
const (
	connections    = "database_connections"
	maxConnections = "database_connections_max"
	waits          = "database_waits_total"
	waitSeconds    = "database_wait_seconds_total"

	waiting = "outbox_messages"
	oldest  = "outbox_oldest_seconds"
	overdue = "outbox_overdue_seconds"

	lastAnywhere = "job_last_success_anywhere_timestamp_seconds"
	jobInterval  = "job_interval_seconds"

	signingKeys = "signing_key_oldest_timestamp_seconds"
	dataKeys    = "data_key_oldest_timestamp_seconds"
	spareKeys   = "spare_signing_keys"
	wrappedKeys = "data_keys"

	ready = "ready"

	expiry = "certificate_expiry_timestamp_seconds"
)

// measure publishes what is read when the metrics are.
func (s *Server) measure() {
	s.metrics.Group(telemetry.Group{
		Name: "connections", Read: s.readConnections,
		Metrics: []telemetry.Read{
			{Name: connections, Help: "Number of open connections of the database.", Labels: []string{"role", "state"}},
			{Name: maxConnections, Help: "Number of connections that there may be.", Labels: []string{"role"}},
			{Name: waits, Help: "Number of transactions that had to wait for a connection.", Labels: []string{"role"}, Counter: true},
			{Name: waitSeconds, Help: "Time that transactions have waited for a connection.", Labels: []string{"role"}, Counter: true},
		},
	})
	lanes := []string{"queue", "medium"}
	s.metrics.Group(telemetry.Group{
		Name: "outbox", Every: measuredOften, Read: s.readOutbox,
		Metrics: []telemetry.Read{
			{Name: waiting, Help: "Number of messages that wait to be delivered.", Labels: lanes},
			{Name: oldest, Help: "Age of the oldest message that waits.", Labels: lanes},
			{Name: overdue, Help: "Time since the first message that waits was due.", Labels: lanes},
		},
	})
	s.metrics.Group(telemetry.Group{
		Name: "jobs", Every: measuredOften, Read: s.runs.read,
		Metrics: []telemetry.Read{
			{Name: lastAnywhere, Help: "When each background job that one node runs last succeeded on any; 0 if it never has.", Labels: []string{"job"}},
			{Name: jobInterval, Help: "How often each background job that one node runs is to run.", Labels: []string{"job"}},
		},
	})
	s.metrics.Group(telemetry.Group{
		Name: "keys", Every: measuredSeldom, Read: s.readKeys,
		Metrics: []telemetry.Read{
			{Name: signingKeys, Help: "When the oldest of the keys that sign tokens was made; 0 if there are none."},
			{Name: dataKeys, Help: "When the oldest of the keys that seal secrets was made; 0 if there are none."},
			{Name: spareKeys, Help: "Number of signing keys made in advance for new pools."},
			{Name: wrappedKeys, Help: "Number of data keys that a master key wraps.", Labels: []string{"master_key", "position"}},
		},
	})
	s.metrics.Group(telemetry.Group{
		Name: "readiness", Every: measuredOften, Read: s.readReady,
		Metrics: []telemetry.Read{{Name: ready, Help: "1 while /readyz answers that requests may be sent here, 0 otherwise."}},
	})
	s.metrics.Group(telemetry.Group{
		Name: "certificates", Every: measuredOften, Read: s.readCertificates,
		Metrics: []telemetry.Read{
			{Name: expiry, Help: "When the first of the certificates in files expires.", Labels: []string{"source"}},
		},
	})
}

func (s *Server) readConnections(context.Context) (values []telemetry.Value, err error) {
	for _, c := range s.DB.Stats() {
		values = append(values,
			telemetry.Value{Name: connections, Value: float64(c.InUse), Labels: []string{c.Role, "in_use"}},
			telemetry.Value{Name: connections, Value: float64(c.Open - c.InUse), Labels: []string{c.Role, "idle"}},
			telemetry.Value{Name: maxConnections, Value: float64(c.Max), Labels: []string{c.Role}},
			telemetry.Value{Name: waits, Value: float64(c.Waits), Labels: []string{c.Role}},
			telemetry.Value{Name: waitSeconds, Value: c.Waited.Seconds(), Labels: []string{c.Role}})
	}
	return values, nil
}

func (s *Server) readOutbox(ctx context.Context) (values []telemetry.Value, err error) {
	list, err := s.Outbox.Waiting(ctx)
	for _, w := range list {
		labels := []string{w.Queue, w.Medium}
		values = append(values,
			telemetry.Value{Name: waiting, Value: float64(w.Messages), Labels: labels},
			telemetry.Value{Name: oldest, Value: w.Oldest.Seconds(), Labels: labels},
			telemetry.Value{Name: overdue, Value: w.Overdue.Seconds(), Labels: labels})
	}
	return values, err
}

func (s *Server) readKeys(ctx context.Context) (values []telemetry.Value, err error) {
	var signing, sealing time.Time
	var spare int
	var wrapped map[string]datakey.Wrapped
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if signing, err = signingkey.Oldest(tx); err != nil {
			return err
		}
		if sealing, err = datakey.Oldest(tx); err != nil {
			return err
		}
		if wrapped, err = datakey.MasterKeys(tx); err != nil {
			return err
		}
		spare, err = signingkey.Stock(tx)
		return err
	})
	values = []telemetry.Value{
		{Name: signingKeys, Value: float64(db.Millis(signing)) / 1000},
		{Name: dataKeys, Value: float64(db.Millis(sealing)) / 1000},
		{Name: spareKeys, Value: float64(spare)},
	}
	for _, key := range statusOf(s.ring.Master, wrapped) {
		values = append(values, telemetry.Value{Name: wrappedKeys, Value: float64(key.DataKeys), Labels: []string{key.ID, key.Position}})
	}
	return values, err
}

// readReady asks what /readyz would answer.
func (s *Server) readReady(ctx context.Context) ([]telemetry.Value, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil)
	if err != nil {
		return nil, err
	}
	answer := answer{header: http.Header{}}
	s.health.ready(&answer, request)
	value := 0.0
	if answer.status == http.StatusOK {
		value = 1
	}
	return []telemetry.Value{{Name: ready, Value: value}}, nil
}

// answer takes the status of an answer.
type answer struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// readCertificates gives nothing where the server has no certificates in files.
func (s *Server) readCertificates(context.Context) (values []telemetry.Value, err error) {
	for source, soonest := range s.certificates.Expiries() {
		values = append(values, telemetry.Value{Name: expiry, Value: float64(soonest.Unix()), Labels: []string{source}})
	}
	return values, nil
}

// messageGivenUp counts messages that will not be delivered.
func messageGivenUp(m *telemetry.Metrics) func(string, delivery.Class) {
	return func(medium string, class delivery.Class) { m.GivenUp(message.MediumName(medium), string(class)) }
}
