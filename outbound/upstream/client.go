package upstream

import (
	"cmp"
	"net/http"
	"sync"
	"time"
)

// Client speaks with identity providers. Its methods may be called at once by many.
type Client struct {
	HTTP    *http.Client     // bounds where a call may go, follows no redirect (platform/web)
	Now     func() time.Time // nil: the system's
	Timeout time.Duration    // of one call; 0: five seconds

	KeysAge time.Duration // how long a key set is relied on; 0: a quarter of an hour
	KeysMax time.Duration // how long, while it cannot be fetched anew; 0: six hours
	Pause   time.Duration // between two tries to fetch what there is a copy of; 0: thirty seconds

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

	// defaultPause is also the time between two fetches for the sake of unknown keys.
	defaultPause = 30 * time.Second

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
		pause := cmp.Or(c.Pause, defaultPause)
		c.documents = &cache[Endpoints]{now: c.now, fresh: documentAge, stale: documentMax, pause: pause}
		c.keySets = &cache[keySet]{now: c.now, fresh: cmp.Or(c.KeysAge, keysAge), stale: cmp.Or(c.KeysMax, keysMax), pause: pause}
	})
	return c.documents, c.keySets
}
