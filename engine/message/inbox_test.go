package message_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/spec/id"
)

func TestFindGivesOneMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		w.mustPost(t, hello)
		want := w.inbox(t, "")[0]
		got, err := w.Find(t.Context(), want.Pool, want.ID)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
		for pool, name := range map[string]string{string(want.Pool): "0", "us-east-1_other0000": want.ID} {
			if _, err := w.Find(t.Context(), id.Pool(pool), name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s in %s: got %v, want db.ErrNotFound", name, pool, err)
			}
		}
	})
}

func TestFindDoesNotGiveDecoys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		decoy := hello
		decoy.Decoy = true
		w.mustPost(t, decoy)
		var row *outbox.Row
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			rows, err := outbox.Due(tx, 2, 1) // that of sign-ups
			if len(rows) == 1 {
				row = rows[0]
			}
			return err
		})
		if err != nil || row == nil {
			t.Fatalf("the decoy was not written: %v", err)
		}
		if _, err := w.Find(t.Context(), row.Pool, row.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("got %v, want db.ErrNotFound", err)
		}
	})
}

func TestChangedTellsAllListenersOfWhatIsCommitted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		first, second := w.Changed(), w.Changed()
		told := func() (n int) {
			for _, c := range []<-chan struct{}{first, second} {
				select {
				case <-c:
					n++
				default:
				}
			}
			return n
		}

		decoy := hello
		decoy.Decoy = true
		w.mustPost(t, decoy)
		if n := told(); n != 0 {
			t.Errorf("after a decoy: told %d", n)
		}
		m := hello
		m.Pool, m.Box = w.pool, w.box(t)
		composed, err := w.Compose(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		err = w.DB.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
			if err := w.Post(tx, composed); err != nil {
				return err
			}
			return undone
		})
		if n := told(); n != 0 || !errors.Is(err, undone) {
			t.Errorf("after what was rolled back: told %d, %v", n, err)
		}
		w.mustPost(t, hello)
		if n := told(); n != 2 {
			t.Errorf("after a message: told %d, want 2", n)
		}
		first, second = w.Changed(), w.Changed()
		if n := told(); n != 0 {
			t.Errorf("afterwards: told %d", n)
		}
	})
}
