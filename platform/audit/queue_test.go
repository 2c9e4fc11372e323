package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQueuesSendBatchesInOrderAndKeepWhatIsNotSent(t *testing.T) {
	t.Parallel()
	l, _, _, _ := opened(t, Options{Queue: &Queue{}})
	for range maxBatch + 1 {
		write(t, l, nil)
	}
	select {
	case <-l.Queue.Wake():
	default:
		t.Error("nobody was woken for a full batch")
	}
	var sent []int
	down := errors.New("down")
	send := func(_ context.Context, body []byte) error {
		var batch struct{ Records []map[string]any }
		if err := json.Unmarshal(body, &batch); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, len(batch.Records))
		if len(sent) == 2 {
			return down
		}
		return nil
	}
	if err := l.Queue.Deliver(t.Context(), send); !errors.Is(err, down) || l.Queue.Waiting() != 1 {
		t.Errorf("%v, %d wait", err, l.Queue.Waiting())
	}
	if err := l.Queue.Deliver(t.Context(), send); err != nil || l.Queue.Waiting() != 0 {
		t.Errorf("%v, %d wait", err, l.Queue.Waiting())
	}
	if diff := cmp.Diff([]int{maxBatch, 1, 1}, sent); diff != "" {
		t.Error(diff)
	}
}

// refusing is a receiver that refuses batches with one of some records, or of more than some bytes.
type refusing struct {
	ids   []string
	bytes int // 0: any
	got   []string
	tries int
}

func (r *refusing) take(_ context.Context, body []byte) error {
	r.tries++
	if r.bytes > 0 && len(body) > r.bytes {
		return fmt.Errorf("%w: 413", ErrRefused)
	}
	for _, id := range r.ids {
		if bytes.Contains(body, []byte(`"eventID":"`+id)) {
			return fmt.Errorf("%w: 403", ErrRefused)
		}
	}
	var batch struct {
		Records []struct{ EventID string }
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return err
	}
	for _, record := range batch.Records {
		r.got = append(r.got, record.EventID)
	}
	return nil
}

func TestARecordThatIsRefusedKeepsNoOthersBack(t *testing.T) {
	t.Parallel()
	lost := 0
	l, _, _, _ := opened(t, Options{Queue: &Queue{}, Observe: func(sink string, written bool) {
		if sink == "webhook" && !written {
			lost++
		}
	}})
	for i := range 100 {
		e := event()
		e.ID = fmt.Sprintf("%03d", i)
		if err := l.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	r := &refusing{ids: []string{"042"}, bytes: 30_000}
	if err := l.Queue.Deliver(t.Context(), r.take); err != nil {
		t.Errorf("the others were taken: %v", err)
	}
	if len(r.got) != 99 || lost != 1 || l.Queue.Waiting() != 0 || l.Queue.bytes != 0 {
		t.Errorf("%d were taken, %d lost, %d of %d bytes wait", len(r.got), lost, l.Queue.Waiting(), l.Queue.bytes)
	}
	if r.tries > 100 {
		t.Errorf("it took %d tries", r.tries)
	}
}

func TestNothingIsGivenUpWhileNothingIsTaken(t *testing.T) {
	t.Parallel()
	l, _, _, _ := opened(t, Options{Queue: &Queue{}})
	for range 20 {
		write(t, l, nil)
	}
	r := &refusing{bytes: 1}
	for range 50 {
		if err := l.Queue.Deliver(t.Context(), r.take); !errors.Is(err, ErrRefused) {
			t.Fatal(err)
		}
	}
	r.bytes = 0
	if err := l.Queue.Deliver(t.Context(), r.take); err != nil || len(r.got) != 20 {
		t.Errorf("%v; %d records came", err, len(r.got))
	}
}

func TestQueuesAreBounded(t *testing.T) {
	t.Parallel()
	l, _, _, said := opened(t, Options{Queue: &Queue{}, Required: true})
	l.Queue.lines = make([]queued, maxQueued-1)
	write(t, l, nil)
	write(t, l, ErrLost)
	if !errors.Is(l.Ready(), ErrLost) || !strings.Contains(said.String(), "of=webhook") {
		t.Errorf("a full queue is ready; logged %s", said)
	}
	l.Queue.lines, l.Queue.bytes = nil, maxQueuedBytes-10
	write(t, l, ErrLost)
}
