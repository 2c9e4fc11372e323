package upstream

import (
	"net/http"
	"sync"
	"time"
)

// Client speaks with identity providers. Its methods may be called at once by many.
type Client struct {
	HTTP    *http.Client     // bounds where a call may go, follows no redirect (platform/web)
	Now     func() time.Time // nil: the system's
	Timeout time.Duration    // of one call; 0: five seconds

	once      sync.Once
	documents *cache[Endpoints]
	keySets   *cache[keySet]
}

// How long what a provider has published is relied on: as a rule, and while it cannot be fetched anew. A key that is no longer
// published may be one that was stolen, so key sets age sooner.
const (
	documentAge = time.Hour
	keysAge     = 15 * time.Minute
	documentMax = 24 * time.Hour
	keysMax     = 6 * time.Hour

	// pause is the time between two tries to fetch what there is a copy of, and between two fetches for the sake of unknown keys.
	pause = 30 * time.Second

	// maxCached is how many documents, and how many key sets, are kept.
	maxCached = 1024
)

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 5 * time.Second
}

// caches makes them at the first use.
func (c *Client) caches() (documents *cache[Endpoints], keySets *cache[keySet]) {
	c.once.Do(func() {
		c.documents = &cache[Endpoints]{now: c.now, fresh: documentAge, stale: documentMax}
		c.keySets = &cache[keySet]{now: c.now, fresh: keysAge, stale: keysMax}
	})
	return c.documents, c.keySets
}
