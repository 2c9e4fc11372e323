package servertest

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
)

// Log keeps what a server logs. It is safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is what was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// AuditLog keeps the audit log of a server whose Stdout it is.
type AuditLog struct{ Log }

// Take is what was recorded since the last time.
func (l *AuditLog) Take(t *testing.T) (list []M) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.text.Bytes()) {
		var record M
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		list = append(list, record)
	}
	l.text.Reset()
	return list
}

// One is the only record since the last time.
func (l *AuditLog) One(t *testing.T) M {
	t.Helper()
	list := l.Take(t)
	if len(list) != 1 {
		t.Fatalf("%d records: %v", len(list), list)
	}
	return list[0]
}
