package trigger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/spec/triggerevent"
)

func TestTriggersOfAnOperationShareItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, triggerevent.Authentication)
	w.Script(triggertest.Answer{Delay: time.Second})
	ctx, operation := trigger.Begin(t.Context(), time.Now().Add(1500*time.Millisecond))
	began := time.Now()
	if err := w.PreAuthentication(ctx, w.call); err != nil {
		t.Fatal(err)
	}
	err := w.PostAuthentication(ctx, w.call, false)
	if stopped, ok := errors.AsType[*trigger.Error](err); !ok || stopped.Kind != trigger.Failed {
		t.Errorf("beyond the operation's time: got %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the operation took %v", took)
	}

	w.call.Occasion = triggerevent.ConfirmSignUp
	if err := w.PostConfirmation(ctx, w.call); err != nil { // of what has been done by then
		t.Errorf("after the operation's time: %v", err)
	}

	asked := operation.Asked()
	for i := range asked {
		if asked[i].MS < 100 {
			t.Errorf("%s took %v ms", asked[i].Name, asked[i].MS)
		}
		asked[i].MS = 0
	}
	want := []trigger.Asked{
		{Name: "PreAuthentication", Outcome: "ok", Tries: 1},
		{Name: "PostAuthentication", Outcome: "timeout", Tries: 1},
		{Name: "PostConfirmation", Outcome: "ok", Tries: 1},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
