package trigger

import (
	"context"
	"fmt"

	"cardea/platform/function"
)

// Local invokes a function that runs on this machine.
type Local struct {
	Function *function.Function
}

// Invoke implements [Function].
func (l *Local) Invoke(ctx context.Context, call Call) (Reply, error) {
	end, err := l.Function.Invoke(ctx, function.Call{
		ID: call.ID, ARN: call.ARN.String(), Payload: call.Payload, Deadline: call.Deadline,
	})
	if err != nil {
		return Reply{}, fmt.Errorf("invoke function %s: %w", call.ARN.Name, err)
	}
	switch end.Kind {
	case function.Answered:
		return Reply{Payload: end.Payload}, nil
	case function.Throttled:
		return Reply{}, NewFailed(Throttled, nil)
	case function.TooLarge:
		return Reply{}, fmt.Errorf("%w: longer than allowed", ErrInvalid)
	default: // raised, exited and timed out: the document says which
		return Reply{Payload: end.Payload, FunctionError: "Unhandled"}, nil
	}
}
