package pace

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLatestCallsOfAFunctionAreRemembered(t *testing.T) {
	t.Parallel()
	var p Pace
	for n := range 3 * maxOutcomes {
		p.Note("f", time.Duration(n), nil)
	}
	for range 1_000 {
		if o := p.like("f"); o.took < 2*maxOutcomes {
			t.Fatalf("an old call is imitated: %d", o.took)
		}
	}
	for n := range 3 * maxFunctions {
		p.Note(fmt.Sprint(n), 1, nil)
	}
	if len(p.past) > maxFunctions {
		t.Errorf("%d functions are remembered", len(p.past))
	}
}
