package awsjson

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Time is a moment as the protocol writes it: a JSON number of seconds since 1970 with up to three decimals.
type Time struct{ time.Time }

// At is the Time of t, for a struct's field; nil, an absent member, for the zero time.
func At(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// MarshalJSON writes seconds, with decimals only where there are any.
func (t Time) MarshalJSON() ([]byte, error) {
	return appendMillis(nil, t.UnixMilli()), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	moment, ok := parseTime(string(text))
	if !ok {
		return fmt.Errorf("time %q is not a number of seconds", text)
	}
	t.Time = moment
	return nil
}

func appendMillis(b []byte, ms int64) []byte {
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	rest := ms % 1000
	if rest == 0 {
		return b
	}
	b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// parseTime reads a number of seconds. Years beyond 9999 are refused: other clocks and databases could not hold them.
func parseTime(number string) (time.Time, bool) {
	const furthest = 253402300799
	seconds, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > furthest {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), true
}
