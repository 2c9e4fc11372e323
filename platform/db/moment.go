package db

import "time"

// Millis is how a moment is stored: Unix milliseconds, the zero time as 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time is the moment that [Millis] stored, in UTC; 0 is the zero time.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// OneMoment returns the moment that query answers as [Millis] stored it, or the zero time for NULL.
func OneMoment(tx *Tx, query string, args ...any) (time.Time, error) {
	ms, err := One(tx, func(row Scanner) (ms *int64, err error) {
		err = row.Scan(&ms)
		return ms, err
	}, query, args...)
	if err != nil || ms == nil {
		return time.Time{}, err
	}
	return Time(*ms), nil
}
