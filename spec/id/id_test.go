package id

import (
	"regexp"
	"testing"
	"time"
)

func TestNewIdentifiersHaveCognitosFormats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make   func() string
		format string
	}{
		"pool":   {func() string { return string(NewPool("eu-central-1")) }, `^eu-central-1_[A-Za-z0-9]{9}$`},
		"client": {func() string { return string(NewClient()) }, `^[a-z0-9]{26}$`},
		"secret": {NewClientSecret, `^[a-z0-9]{52}$`},
		"sub":    {func() string { return string(NewSub()) }, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
		"device": {func() string { return NewDeviceKey("us-east-1") }, `^us-east-1_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
		"group":  {NewDeviceGroupKey, `^-[A-Za-z0-9]{8}$`},
	} {
		format := regexp.MustCompile(c.format)
		seen := make(map[string]bool)
		for range 200 {
			made := c.make()
			if !format.MatchString(made) {
				t.Errorf("%s: %q does not match %s", name, made, c.format)
			}
			if seen[made] {
				t.Errorf("%s: %q was made twice", name, made)
			}
			seen[made] = true
		}
	}
}

func TestPoolTellsItsParts(t *testing.T) {
	t.Parallel()
	p := Pool("us-east-1_AbC123xyz")
	if got := p.Region(); got != "us-east-1" {
		t.Errorf("Region: got %q", got)
	}
	if got := p.Short(); got != "AbC123xyz" {
		t.Errorf("Short: got %q", got)
	}
	if got, want := p.ARN("123456789012"), "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbC123xyz"; got != want {
		t.Errorf("ARN: got %q, want %q", got, want)
	}
	if got, want := Pool("cn-north-1_AbC123xyz").ARN("1"), "arn:aws-cn:cognito-idp:cn-north-1:1:userpool/cn-north-1_AbC123xyz"; got != want {
		t.Errorf("ARN: got %q, want %q", got, want)
	}
	want := "arn:aws:cognito-idp:us-east-1:123456789012:owner/alice.us-east-1_AbC123xyz/device/us-east-1_0a1b"
	if got := p.DeviceARN("123456789012", "alice", "us-east-1_0a1b"); got != want {
		t.Errorf("DeviceARN: got %q, want %q", got, want)
	}
	if got := Pool("nonsense"); got.Region() != "" || got.Short() != "" {
		t.Errorf("an id without underscore has parts: %q, %q", got.Region(), got.Short())
	}
}

func TestRandomDrawsEvenly(t *testing.T) {
	t.Parallel()
	const draws = 100_000
	counts := make(map[rune]int)
	for _, c := range Random(lowerAlphabet, draws) {
		counts[c]++
	}
	// Taking bytes modulo 36 would draw the first four characters 14 % more often; chance stays within 10 %.
	expected := draws / len(lowerAlphabet)
	for _, c := range lowerAlphabet {
		if n := counts[c]; n < expected*9/10 || n > expected*11/10 {
			t.Errorf("%q was drawn %d times, expected about %d", c, n, expected)
		}
	}
}

func TestRandomRefusesImpossibleAlphabets(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("an empty alphabet was accepted")
		}
	}()
	Random("", 1)
}

func TestOrderedUUIDsSortByTheirMoment(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first, twin, later := NewOrderedUUID(now), NewOrderedUUID(now), NewOrderedUUID(now.Add(time.Millisecond))
	if !shape.MatchString(first) {
		t.Errorf("%s is no UUID of version 7", first)
	}
	if first == twin {
		t.Errorf("two ids of one moment are the same: %s", first)
	}
	if first >= later || twin >= later {
		t.Errorf("%s and %s should sort before %s", first, twin, later)
	}
}
