package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// mask is printed in place of a secret that is set.
const mask = "********"

// Secret is a setting that never prints itself: not in logs, not in errors, not in `config show`.
type Secret string

// Reveal returns the secret to the code that must use it.
func (s Secret) Reveal() string { return string(s) }

// String returns a mask, or nothing when the secret is not set.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from revealing the secret.
func (s Secret) GoString() string { return s.String() }

// LogValue keeps a structured log from revealing the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SecretURL is a URL whose password and query never print themselves.
type SecretURL string

// Reveal returns the whole URL to the code that must use it.
func (u SecretURL) Reveal() string { return string(u) }

// String returns the URL without its password.
func (u SecretURL) String() string {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return mask
	}
	query := parsed.Query()
	for name := range query {
		if name == "password" || name == "sslpassword" {
			query.Set(name, "xxxxx")
			parsed.RawQuery = query.Encode()
		}
	}
	return parsed.Redacted()
}

// GoString keeps %#v from revealing the password.
func (u SecretURL) GoString() string { return u.String() }

// LogValue keeps a structured log from revealing the password.
func (u SecretURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Duration is a time span written as Go writes it: "2s", "1m30s".
type Duration time.Duration

// String returns the span as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the span as Go writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the span as Go writes it.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time span such as 2s or 1m30s", text)
	}
	*d = Duration(span)
	return nil
}
