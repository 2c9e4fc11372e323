//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"container/list"
	"sync"
	"sync/atomic"

	"github.com/ebitengine/purego"
)

// maxHandles bounds the keys that libcrypto holds, of some 10 KiB each with what it computes once for a key. Those that were not
// used for longest are freed, and made again when they are.
const maxHandles = 1024

// handles are libcrypto's forms of the keys of signers.
type handles struct {
	last atomic.Uint64 // the id of the latest signer
	max  int           // how many are kept

	mu     sync.Mutex
	recent list.List // of handle, the latest used first
	byID   map[uint64]*list.Element
}

// handle is an EVP_PKEY that the library holds a reference to.
type handle struct {
	id  uint64
	key uintptr
}

// acquire finds or makes the key of a signer, which the caller has to let go.
func (l *Library) acquire(s *Signer) (uintptr, error) {
	if key := l.held(s.id); key != 0 {
		return key, nil
	}
	made, err := l.newKey(s.key) // outside of the lock: it takes as long as a signature
	if err != nil {
		return 0, err
	}
	l.hold(handle{s.id, made})
	return made, nil
}

// held gives another reference to a key that the library holds, or 0.
func (l *Library) held(id uint64) uintptr {
	h := &l.keys
	h.mu.Lock()
	defer h.mu.Unlock()
	element, found := h.byID[id]
	if !found {
		return 0
	}
	h.recent.MoveToFront(element)
	key := element.Value.(handle).key
	l.refer(key)
	return key
}

// hold keeps a key with a reference of its own, unless another goroutine has made it meanwhile, and frees those beyond the bound.
func (l *Library) hold(made handle) {
	h := &l.keys
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byID == nil {
		h.byID = map[uint64]*list.Element{}
	}
	if _, found := h.byID[made.id]; found {
		return
	}
	l.refer(made.key)
	h.byID[made.id] = h.recent.PushFront(made)
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

// remove lets go of a key that the library holds. The lock must be held.
func (l *Library) remove(element *list.Element) {
	old := l.keys.recent.Remove(element).(handle)
	delete(l.keys.byID, old.id)
	l.letGo(old.key)
}

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
