package migration

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Bounds of how often one node asks for users. They keep a burst of requests for unknown names from running the function each
// time; guesses at passwords, which are few and slow, are limited by engine/lockout, across nodes. A pool as a whole has no
// bound, since whoever reached it would keep all its users from being migrated.
const (
	window     = 30 * time.Second
	perName    = 10      // of one name, within a window
	perAddress = 60      // from one address, within a window; users who were found do not count
	most       = 1 << 15 // things remembered at once; the oldest are forgotten first
)

// limits counts what was asked, in memory: a stranger's request stores nothing. Everything is forgotten a window after it was
// first counted. The zero value is ready.
type limits struct {
	mu     sync.Mutex
	secret []byte // of the marks
	counts map[mark]*count
	queue  []mark // of counts, the oldest first
}

// mark stands for something that is counted, by a keyed hash: it tells neither names nor passwords.
type mark [16]byte

type count struct {
	uses int
	ends time.Time
}

// admit tells whether the function may be asked, and counts that it is. It may not if the very same was asked and refused a
// moment ago, or the name or the address has had its share.
func (l *limits) admit(r Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(r.Now)
	name, address := l.name(r), l.address(r)
	if l.uses(l.question(r)) > 0 || l.uses(name) >= perName || l.uses(address) >= perAddress {
		return false
	}
	l.add(name, r.Now)
	l.add(address, r.Now)
	return true
}

// remember keeps what was refused from being asked again within a window.
func (l *limits) remember(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(l.question(r), r.Now)
}

// forgive takes back what admit has counted for the address: the request was for a user who exists.
func (l *limits) forgive(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.counts[l.address(r)]; c != nil && c.uses > 0 {
		c.uses--
	}
}

func (l *limits) uses(m mark) int {
	if c := l.counts[m]; c != nil {
		return c.uses
	}
	return 0
}

// add counts one use.
func (l *limits) add(m mark, now time.Time) {
	if m == (mark{}) {
		return
	}
	if c := l.counts[m]; c != nil {
		c.uses++
		return
	}
	if l.counts == nil {
		l.counts = map[mark]*count{}
	}
	l.counts[m] = &count{1, now.Add(window)}
	l.queue = append(l.queue, m)
	if len(l.queue) > most {
		l.drop()
	}
}

// prune forgets what has ended.
func (l *limits) prune(now time.Time) {
	for len(l.queue) > 0 && !now.Before(l.counts[l.queue[0]].ends) {
		l.drop()
	}
}

// drop forgets what was first counted longest ago.
func (l *limits) drop() {
	delete(l.counts, l.queue[0])
	l.queue = l.queue[1:]
}

func (l *limits) name(r Request) mark {
	return l.mark("name", string(r.Pool.ID), r.Name)
}

// address is the zero mark where the address is not known, which is not counted.
func (l *limits) address(r Request) mark {
	network := r.Source.Network()
	if network == "" {
		return mark{}
	}
	return l.mark("address", string(r.Pool.ID), network)
}

// question is everything that the function would be told.
func (l *limits) question(r Request) mark {
	told, _ := json.Marshal([]map[string]string{r.Data, r.Metadata}) // maps of strings are encoded without an error, in order
	return l.mark("question", string(r.Pool.ID), string(r.Client.ID), string(r.Occasion), r.Name, r.Password, string(told))
}

func (l *limits) mark(parts ...string) (m mark) {
	if l.secret == nil {
		l.secret = make([]byte, 32)
		_, _ = rand.Read(l.secret) // crypto/rand does not fail
	}
	h := hmac.New(sha256.New, l.secret)
	_, _ = fmt.Fprintf(h, "%q", parts) // nor does a hash
	copy(m[:], h.Sum(nil))
	return m
}
