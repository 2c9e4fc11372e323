package latency

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLatestCallsOfAFunctionAreRemembered(t *testing.T) {
	t.Parallel()
	var h History
	for n := range 3 * maxOutcomes {
		h.Record("f", time.Duration(n), nil)
	}
	for range 1_000 {
		if o := h.draw("f"); o.took < 2*maxOutcomes {
			t.Fatalf("an old call is simulated: %d", o.took)
		}
	}
	for n := range 3 * maxFunctions {
		h.Record(fmt.Sprint(n), 1, nil)
	}
	if len(h.past) > maxFunctions {
		t.Errorf("%d functions are remembered", len(h.past))
	}
}
