package policies

import (
	"context"
	"errors"
	"testing"

	"cardea/spec/awsjson"
)

func TestSimulationsEndWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newSimulation().evaluate(ctx, "s3:GetObject")
	if fault, ok := errors.AsType[*awsjson.Fault](err); !ok || fault.Code != "PolicyEvaluation" {
		t.Errorf("got %v", err)
	}
}
