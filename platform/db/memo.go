package db

import "sync"

// memoEntries bounds the documents remembered; past it, any one makes room.
const memoEntries = 10_000

// memo remembers decoded documents by key and version.
type memo struct {
	mu      sync.RWMutex
	entries map[string]memoEntry
}

type memoEntry struct {
	version int64
	value   any
}

// Memo returns the decoded document that key and version name, calling load when it is not remembered. The version
// must have been read in tx, and every change of the document must change it. What Memo returns is shared: never
// mutate it. Only read transactions fill the memory, since what a write transaction sees may yet be rolled back.
func Memo[T any](tx *Tx, key string, version int64, load func() (T, error)) (T, error) {
	m := &tx.db.memo
	m.mu.RLock()
	entry, found := m.entries[key]
	m.mu.RUnlock()
	if found && entry.version == version {
		if value, ok := entry.value.(T); ok {
			return value, nil
		}
	}

	value, err := load()
	if err == nil && !tx.writing && (!found || entry.version < version) {
		m.keep(key, memoEntry{version, value})
	}
	return value, err
}

func (m *memo) keep(key string, entry memoEntry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = map[string]memoEntry{}
	}
	if old, found := m.entries[key]; found && old.version > entry.version {
		return // an older snapshot finished late
	}
	if len(m.entries) >= memoEntries {
		for victim := range m.entries {
			delete(m.entries, victim)
			break
		}
	}
	m.entries[key] = entry
}
