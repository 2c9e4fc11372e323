package db

import "sync"

// memoEntries bounds the number of documents; beyond it, an arbitrary one is dropped.
const memoEntries = 10_000

// memo caches decoded documents by key and version.
type memo struct {
	mu      sync.RWMutex
	entries map[string]memoEntry
}

type memoEntry struct {
	version int64
	value   any
}

// Memo returns the decoded document that key and version name, calling load when it is not cached. The version
// must have been read in tx, and every change of the document must change it. What Memo returns is shared: never
// mutate it. Only read transactions fill the cache, since a write transaction may yet be rolled back.
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

// Recall returns the decoded document that key and version name if it is cached, without a transaction. It is for
// documents that never change and so have one version.
func Recall[T any](d *DB, key string, version int64) (T, bool) {
	d.memo.mu.RLock()
	entry, found := d.memo.entries[key]
	d.memo.mu.RUnlock()
	value, ok := entry.value.(T)
	return value, found && ok && entry.version == version
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
