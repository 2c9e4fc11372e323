package server

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cardea/engine/cluster"
	"cardea/platform/seal"
)

const (
	// readyWithin bounds how long /readyz waits for a heartbeat.
	readyWithin = 2 * time.Second

	// readyFor is how long /readyz answers by the latest heartbeat, so that whoever asks it all the time costs one a second.
	readyFor = time.Second
)

// notAnswering is what /readyz says when a heartbeat takes too long.
const notAnswering = "The database does not answer."

// health answers /livez and /readyz.
type health struct {
	node     *cluster.Node
	draining atomic.Bool
	beating  chan struct{} // has room for one heartbeat that /readyz has asked for
}

func newHealth(node *cluster.Node) *health {
	return &health{node: node, beating: make(chan struct{}, 1)}
}

// newNode is this process among those that serve on the database.
func newNode(c *Config, o opened, master *seal.Master) *cluster.Node {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	names := c.issuers()
	return &cluster.Node{
		DB: o.store, Master: master, ID: o.node, Host: host, Version: c.Version, Alone: o.alone, Now: time.Now, Log: c.Log,
		Settings: map[string]string{
			"public_url": c.PublicURL, "issuer_base": names.Base, "base_domain": names.BaseDomain, "account": c.Account, "region": c.Region,
		},
	}
}

// live says that the process answers.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "ok")
}

// ready says whether requests should be sent here: the server is not about to stop, and a heartbeat that is not older than a second
// has found nothing that keeps it from serving. Everyone may ask: reasons name neither hosts nor values, which are in the log.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	reasons := h.reasons(r.Context())
	if len(reasons) > 0 {
		plain(w, http.StatusServiceUnavailable, strings.Join(reasons, "\n"))
		return
	}
	plain(w, http.StatusOK, "ok")
}

// reasons are why requests should not be sent here.
func (h *health) reasons(ctx context.Context) []string {
	if h.draining.Load() {
		return []string{"stopping"}
	}
	if _, age := h.node.Reasons(); age > readyFor {
		h.beat(ctx)
	}
	answers := h.answers(ctx)
	reasons, age := h.node.Reasons()
	if (!answers || age > readyWithin) && !slices.Contains(reasons, notAnswering) {
		reasons = append(reasons, notAnswering)
	}
	return reasons
}

// answers reports whether the database answers.
func (h *health) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return h.node.DB.Ping(ctx) == nil
}

// beat has a heartbeat made, unless one that was asked for before is under way, and waits for it not longer than readyWithin.
func (h *health) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case h.beating <- struct{}{}:
	case <-ctx.Done():
		return
	}
	done := make(chan struct{})
	go func() {
		defer func() { <-h.beating; close(done) }()
		_ = h.node.Beat(context.WithoutCancel(ctx)) // its error is that of a context that has ended
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// plain answers with lines of text.
func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may be gone
}
