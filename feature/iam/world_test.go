package iam_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

type M = servertest.M

var (
	at   = servertest.At
	text = servertest.Text
	with = servertest.With
)

// each runs a test on both engines, with a client of IAM.
func each(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, w.On("iam")) })
}

// equal fails the test unless an answer is as it was to be.
func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// pages reads a list two entries at a time and gives one member of each entry. A Marker must not be good for another list.
func pages(t *testing.T, w *servertest.World, operation string, in M, list, member string) (all []string) {
	t.Helper()
	in = with(in, M{"MaxItems": 2})
	for range 10 {
		out := w.Must(t, operation, in)
		entries, _ := out[list].([]any)
		for _, entry := range entries {
			all = append(all, text(entry.(M), member))
		}
		if text(out, "IsTruncated") == "false" {
			if out["Marker"] != nil {
				t.Errorf("%s: the last page has a Marker", operation)
			}
			return all
		}
		if len(entries) != 2 {
			t.Errorf("%s: a page of %d", operation, len(entries))
		}
		in = with(in, M{"Marker": out["Marker"]})
	}
	t.Errorf("%s does not end", operation)
	return all
}

// tags writes tags as operations take them.
func tags(pairs ...string) (list []M) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, M{"Key": pairs[i], "Value": pairs[i+1]})
	}
	return list
}

// read are tags as answers have them.
func read(pairs ...string) (list []any) {
	for _, tag := range tags(pairs...) {
		list = append(list, tag)
	}
	return list
}

const (
	account = "arn:aws:iam::" + servertest.Account + ":"
	created = "2026-03-14T15:09:26.535Z" // what the clock of a World shows at first
)

// numbered are n texts.
func numbered(form string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(form, i))
	}
	return list
}
