package awsapi

import (
	"strings"
	"testing"
)

// BenchmarkHandler is the cost of an answer without what the feature does for it.
func BenchmarkHandler(b *testing.B) {
	w := newWorld()
	w.Log, w.Observe = nil, nil
	b.ReportAllocs()
	for b.Loop() {
		w.ask("Echo", `{"UserPoolId":"eu-west-3_AbC123xyz","Password":"correct horse"}`, nil)
	}
}

// BenchmarkLargest is the cost of the largest requests that anyone may send: it should stay near the cost of reading them.
func BenchmarkLargest(b *testing.B) {
	for name, body := range map[string]string{
		"string":  `{"Unknown":"` + strings.Repeat("x", 1<<20-20) + `"}`,
		"escapes": `{"Unknown":"` + strings.Repeat(`\u00e9`, 1<<20/6-10) + `"}`,
		"values":  `{"Unknown":[` + strings.Repeat("[],", 1<<18) + `0]}`,
		"members": `{` + strings.Repeat(`"`+strings.Repeat("k", 20)+`":0,`, 1<<14) + `}`,
		"depth":   strings.Repeat(`{"a":`, 1<<17),
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld()
			w.Log, w.Observe = nil, nil
			b.ReportAllocs()
			for b.Loop() {
				w.ask("Echo", body, nil)
			}
		})
	}
}
