package awsjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTimeIsWrittenAsSeconds(t *testing.T) {
	t.Parallel()
	for ms, want := range map[int64]string{
		1700000000000: "1700000000", 1700000000123: "1700000000.123", 1700000000120: "1700000000.12", 1700000000100: "1700000000.1",
		1700000000001: "1700000000.001", 0: "0", -1: "-0.001", -1500: "-1.5",
	} {
		moment := time.UnixMilli(ms).UTC()
		got, err := json.Marshal(Time{moment})
		if err != nil || string(got) != want {
			t.Errorf("%d ms: got %s, %v, want %s", ms, got, err, want)
		}
		var back Time
		if err := json.Unmarshal(got, &back); err != nil || !back.Equal(moment) {
			t.Errorf("%s: came back as %v, %v", got, back, err)
		}
	}
}

func TestTimeOfNothingIsAbsent(t *testing.T) {
	t.Parallel()
	if got := At(time.Time{}); got != nil {
		t.Errorf("got %v", got)
	}
	if err := json.Unmarshal([]byte(`"soon"`), new(Time)); err == nil {
		t.Error("a word was taken for a time")
	}
}

func TestIsFaultLooksThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("sign in: %w", Refuse("NotAuthorizedException", "no"))
	if !IsFault(err, "NotAuthorizedException") || IsFault(err, "CodeMismatchException") || IsFault(errors.New("x"), "NotAuthorizedException") || IsFault(nil, "") {
		t.Error("IsFault is wrong")
	}
}
