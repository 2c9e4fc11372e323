package db

import (
	"database/sql/driver"
	"testing"
)

func TestScanRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	var text string
	var small int8
	var yes bool
	var optional *string
	for _, c := range []struct {
		dest  any
		value driver.Value
		fits  bool
	}{
		{&text, "a", true},
		{&text, nil, false},
		{&text, int64(1), false},
		{&text, []byte("a"), false},
		{&small, int64(127), true},
		{&small, int64(128), false},
		{&small, "1", false},
		{&yes, int64(1), true},
		{&yes, "true", false},
		{&optional, nil, true},
		{&optional, "a", true},
		{&optional, int64(1), false},
	} {
		if got := assign(c.dest, c.value); got != c.fits {
			t.Errorf("a %T in a %T: fits is %v, want %v", c.value, c.dest, got, c.fits)
		}
	}
}
