//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"container/list"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ebitengine/purego"
)

// maxHandles bounds the keys that libcrypto holds, of some 10 KiB each with what it computes once for a key. Those that were not
// used for longest are freed, and made again when they are.
const maxHandles = 1024

// maxIdle bounds the contexts of a key that wait for a signature, of 1 KiB each.
const maxIdle = 8

// handles are libcrypto's forms of the keys of signers.
type handles struct {
	last atomic.Uint64 // the id of the latest signer
	max  int           // how many are kept

	mu     sync.Mutex
	recent list.List // of *handle, the latest used first
	byID   map[uint64]*list.Element
}

// handle is an EVP_PKEY that the library holds a reference to, with what has signed by it and can do so again.
type handle struct {
	id   uint64
	key  uintptr
	idle []context
}

// context is an EVP_PKEY_CTX that is ready to sign digests of one algorithm. It has a reference to its key. One goroutine uses it at
// a time.
type context struct{ address, digest uintptr }

// acquire takes a context that signs by the key of a signer, for the caller to give back or to free.
func (l *Library) acquire(s *Signer, digest uintptr) (context, error) {
	ready, key := l.held(s.id, digest)
	if ready.address != 0 {
		return ready, nil
	}
	if key == 0 {
		var err error
		if key, err = l.newKey(s.key); err != nil { // outside of the lock: it takes as long as a signature
			return context{}, err
		}
		l.hold(s.id, key)
	}
	defer l.letGo(key)
	return l.newContext(key, digest)
}

// held takes an idle context of a signer's key, or gives another reference to the key, or nothing.
func (l *Library) held(id uint64, digest uintptr) (ready context, key uintptr) {
	h := &l.keys
	h.mu.Lock()
	defer h.mu.Unlock()
	element, found := h.byID[id]
	if !found {
		return context{}, 0
	}
	h.recent.MoveToFront(element)
	held := element.Value.(*handle)
	for i, c := range slices.Backward(held.idle) { // the latest used first: what it points to is in the processor's cache
		if c.digest == digest {
			held.idle = slices.Delete(held.idle, i, i+1)
			return c, 0
		}
	}
	l.refer(held.key)
	return context{}, held.key
}

// giveBack keeps a context for the next signature of the signer, unless its key is not held any more or has enough of them.
func (l *Library) giveBack(id uint64, c context) {
	l.keys.mu.Lock()
	defer l.keys.mu.Unlock()
	if element, found := l.keys.byID[id]; found {
		if held := element.Value.(*handle); len(held.idle) < maxIdle {
			held.idle = append(held.idle, c)
			return
		}
	}
	l.freeContext(c)
}

// hold keeps a key with a reference of its own, unless another goroutine has made it meanwhile, and frees those beyond the bound.
func (l *Library) hold(id uint64, key uintptr) {
	h := &l.keys
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byID == nil {
		h.byID = map[uint64]*list.Element{}
	}
	if _, found := h.byID[id]; found {
		return
	}
	l.refer(key)
	h.byID[id] = h.recent.PushFront(&handle{id: id, key: key})
	for h.recent.Len() > h.max {
		l.remove(h.recent.Back())
	}
}

// drop frees the key of a signer, if the library holds it.
func (l *Library) drop(id uint64) {
	l.keys.mu.Lock()
	defer l.keys.mu.Unlock()
	if element, found := l.keys.byID[id]; found {
		l.remove(element)
	}
}

// Close frees all keys. Signers that are used afterwards have theirs made again.
func (l *Library) Close() {
	l.keys.mu.Lock()
	defer l.keys.mu.Unlock()
	for l.keys.recent.Len() > 0 {
		l.remove(l.keys.recent.Back())
	}
}

// remove lets go of a key that the library holds, and of its contexts. The lock must be held.
func (l *Library) remove(element *list.Element) {
	old := l.keys.recent.Remove(element).(*handle)
	delete(l.keys.byID, old.id)
	for _, c := range old.idle {
		l.freeContext(c)
	}
	l.letGo(old.key)
}

// freeContext frees a context, which lets go of its key.
func (l *Library) freeContext(c context) { l.free(l.call.freeContext, c.address) }

// refer counts one more reference to a key.
func (l *Library) refer(key uintptr) {
	purego.SyscallN(l.call.refer, key) // fails for no key only
}

// letGo gives a reference to a key back. With the last one libcrypto overwrites and frees the key.
func (l *Library) letGo(key uintptr) { l.free(l.call.freeKey, key) }

// free calls a function that frees what a pointer points to, if anything.
func (l *Library) free(function, pointer uintptr) {
	if pointer != 0 {
		purego.SyscallN(function, pointer)
	}
}
