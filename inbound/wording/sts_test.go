package wording_test

import (
	"errors"
	"fmt"
	"testing"

	"cardea/engine/temporary"
	"cardea/engine/throttle"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
)

func TestConditionsOfSTSAreWorded(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"PackedPolicyTooLarge: Packed policy consumes 112% of allotted space, please use smaller policy.": &temporary.TooLargeError{Percent: 112},
		"InvalidClientTokenId: The security token included in the request is invalid.":                    temporary.ErrForged,
		"ExpiredToken: The security token included in the request is expired":                             temporary.ErrExpired,
		"Throttling: Rate exceeded": throttle.ErrTooFast,
		"disk full":                 errors.New("disk full"),
	} {
		if got := wording.STS(&awsjson.Operation{}, fmt.Errorf("issue: %w", err)); got.Error() != want && got.Error() != "issue: "+want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
