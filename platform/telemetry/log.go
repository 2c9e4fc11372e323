package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"
)

// Logger returns a logger that writes to w at the level ("debug", "info", "warn", "error") in the format ("json",
// "text") given. Durations are numbers of milliseconds whose names end in "_ms", in both formats: a line "stopping" with
// slog.Duration("delay", 2*time.Second) has delay_ms = 2000.
func Logger(w io.Writer, level, format string) (*slog.Logger, error) {
	var threshold slog.Level
	if err := threshold.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	options := &slog.HandlerOptions{Level: threshold}
	switch format {
	case "json":
		return slog.New(units{slog.NewJSONHandler(w, options)}), nil
	case "text":
		return slog.New(units{slog.NewTextHandler(w, options)}), nil
	}
	return nil, fmt.Errorf("log format %q is neither json nor text", format)
}

// Duration is the attribute of a duration as Logger writes it.
func Duration(name string, d time.Duration) slog.Attr {
	return slog.Float64(name+"_ms", float64(d.Round(time.Microsecond))/float64(time.Millisecond))
}

// units gives durations their unit: slog's JSON would have them as numbers of nanoseconds without any. It is a handler, since
// slog's ReplaceAttr nearly doubles the cost of every line.
type units struct{ slog.Handler }

// Handle implements slog.Handler.
func (u units) Handle(ctx context.Context, r slog.Record) error {
	bare := false
	r.Attrs(func(a slog.Attr) bool {
		bare = isBare(a)
		return !bare
	})
	if !bare {
		return u.Handler.Handle(ctx, r)
	}
	line := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		line.AddAttrs(withUnit(a))
		return true
	})
	return u.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (u units) WithAttrs(attributes []slog.Attr) slog.Handler {
	attributes = slices.Clone(attributes)
	for i, a := range attributes {
		attributes[i] = withUnit(a)
	}
	return units{u.Handler.WithAttrs(attributes)}
}

// WithGroup implements slog.Handler.
func (u units) WithGroup(name string) slog.Handler { return units{u.Handler.WithGroup(name)} }

// isBare reports whether the attribute is a duration, or a group with one.
func isBare(a slog.Attr) bool {
	switch a.Value.Kind() {
	case slog.KindDuration:
		return true
	case slog.KindGroup:
		return slices.ContainsFunc(a.Value.Group(), isBare)
	}
	return false
}

func withUnit(a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindDuration:
		return Duration(a.Key, a.Value.Duration())
	case slog.KindGroup:
		inside := slices.Clone(a.Value.Group())
		for i, member := range inside {
			inside[i] = withUnit(member)
		}
		a.Value = slog.GroupValue(inside...)
	}
	return a
}
