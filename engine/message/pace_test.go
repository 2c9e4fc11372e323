package message

import (
	"fmt"
	"testing"
	"time"
)

func TestTheLatestCallsOfAFunctionAreRemembered(t *testing.T) {
	t.Parallel()
	var p pace
	for n := range 3 * maxOutcomes {
		p.note("f", outcome{took: time.Duration(n)})
	}
	for range 1_000 {
		if o := p.like("f"); o.took < 2*maxOutcomes {
			t.Fatalf("an old call is imitated: %d", o.took)
		}
	}
	for n := range 3 * maxFunctions {
		p.note(fmt.Sprint(n), outcome{took: 1})
	}
	if len(p.past) > maxFunctions {
		t.Errorf("%d functions are remembered", len(p.past))
	}
}
