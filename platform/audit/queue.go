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
	maxBatchBytes  = 768 << 10 // less than the 1 MiB that proxies let through as a rule
)

var errFull = errors.New("the queue is full")

// ErrRefused is in the error of a send whose receiver answers that it does not take the batch: a smaller one it may take.
var ErrRefused = errors.New("the receiver refuses the records")

// Queue keeps records until they are sent. The zero value is empty.
type Queue struct {
	mu     sync.Mutex
	lines  []queued
	bytes  int
	wake   chan struct{}
	lost   func(error) // told of a record that is given up; nil: nobody is
	sender sync.Mutex  // held while a batch is sent, and for what follows

	most  int // records in the next batch; 0: maxBatch
	taken int // batches that were sent
}

// queued is a record that waits.
type queued struct {
	line    []byte
	refused int // the batch that was to be taken next when the record was first refused alone; 0: it was not
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
	q.lines = append(q.lines, queued{line: line})
	q.bytes += len(line)
	if len(q.lines) >= maxBatch || q.bytes >= maxBatchBytes {
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
	for _, next := range q.lines {
		line := next.line
		if n == q.limit() || n > 0 && size+len(line) > maxBatchBytes {
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

// limit is how many records the next batch may have.
func (q *Queue) limit() int {
	if q.most == 0 {
		return maxBatch
	}
	return q.most
}

// Deliver sends what is in the queue, batch by batch, until it is empty or send fails, whose error it answers. A batch is forgotten once
// it was sent. Of a batch that is refused the half is sent, and so on; a record that is refused alone is put off, so that it does not
// keep the others back, and given up when it is refused again after others were taken.
func (q *Queue) Deliver(ctx context.Context, send func(ctx context.Context, body []byte) error) error {
	q.sender.Lock()
	defer q.sender.Unlock()
	putOff := false // one record has been put off
	for {
		body, n, size := q.batch()
		if n == 0 {
			return nil
		}
		err := send(ctx, body)
		switch {
		case err == nil:
			q.drop(n, size)
			q.most, q.taken = min(maxBatch, 2*q.limit()), q.taken+1
		case !errors.Is(err, ErrRefused):
			return err
		case n > 1:
			q.most = n / 2
		case q.giveUp(err):
		case putOff:
			return err // perhaps none is taken
		default:
			putOff = true
		}
	}
}

// giveUp drops the oldest record, which was refused alone, or puts it off to the end of the queue if nothing was taken since it was
// refused before. It reports which.
func (q *Queue) giveUp(err error) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := q.lines[0]
	q.lines[0] = queued{}
	q.lines = q.lines[1:]
	if first.refused > 0 && q.taken >= first.refused {
		q.bytes -= len(first.line)
		if q.lost != nil {
			q.lost(err)
		}
		return true
	}
	if first.refused == 0 {
		first.refused = q.taken + 1
	}
	q.lines = append(q.lines, first)
	return false
}
