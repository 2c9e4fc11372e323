package audit

import (
	"bytes"
	"context"
	"errors"
	"sync"
)

// Bounds of a queue and of what is sent at once.
const (
	maxQueued      = 20_000
	maxQueuedBytes = 32 << 20
	maxBatch       = 500
	maxBatchBytes  = 1 << 20
)

var errFull = errors.New("the queue is full")

// Queue keeps records until they are sent. The zero value is empty.
type Queue struct {
	mu     sync.Mutex
	lines  [][]byte
	bytes  int
	wake   chan struct{}
	sender sync.Mutex // held while a batch is sent
}

// Waiting is how many records the queue has.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.lines)
}

// Wake is sent to when there is something to send.
func (q *Queue) Wake() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waking()
}

func (q *Queue) waking() chan struct{} {
	if q.wake == nil {
		q.wake = make(chan struct{}, 1)
	}
	return q.wake
}

func (q *Queue) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.lines) >= maxQueued || q.bytes >= maxQueuedBytes
}

// put adds a line, if there is room.
func (q *Queue) put(line []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.lines) >= maxQueued || q.bytes+len(line) > maxQueuedBytes {
		return errFull
	}
	q.lines = append(q.lines, line)
	q.bytes += len(line)
	if len(q.lines) >= maxBatch {
		select {
		case q.waking() <- struct{}{}:
		default:
		}
	}
	return nil
}

// batch is the oldest records as one document, {"Records": […]}, and how many they are.
func (q *Queue) batch() (body []byte, n, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := bytes.NewBufferString(`{"Records":[`)
	for _, line := range q.lines {
		if n == maxBatch || n > 0 && size+len(line) > maxBatchBytes {
			break
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(bytes.TrimSuffix(line, []byte{'\n'}))
		n, size = n+1, size+len(line)
	}
	b.WriteString("]}")
	return b.Bytes(), n, size
}

// drop forgets the oldest n records, which have size bytes.
func (q *Queue) drop(n, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.lines[:n])
	q.lines, q.bytes = q.lines[n:], q.bytes-size
	if len(q.lines) == 0 {
		q.lines = nil
	}
}

// Deliver sends what is in the queue, batch by batch, until it is empty or send fails, whose error it answers. A batch is forgotten once
// it was sent.
func (q *Queue) Deliver(ctx context.Context, send func(ctx context.Context, body []byte) error) error {
	q.sender.Lock()
	defer q.sender.Unlock()
	for {
		body, n, size := q.batch()
		if n == 0 {
			return nil
		}
		if err := send(ctx, body); err != nil {
			return err
		}
		q.drop(n, size)
	}
}
