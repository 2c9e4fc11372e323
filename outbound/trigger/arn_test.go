package trigger_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cardea/outbound/trigger"
)

func TestARNsOfFunctions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"arn:aws:lambda:us-east-1:123456789012:function:claims",
		"arn:aws:lambda:us-east-1:123456789012:function:claims:7",
		"arn:aws:lambda:us-east-1:123456789012:function:claims:$LATEST",
		"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:a_b-C:prod",
		"arn:aws-cn:lambda:cn-north-1:000000000000:function:f",
	} {
		arn, err := trigger.ParseARN(text)
		if err != nil || arn.String() != text {
			t.Errorf("%s: got %s, %v", text, arn, err)
		}
	}
	for _, text := range []string{
		"", "claims", "arn:aws:lambda:us-east-1:123456789012:function:", "arn:aws:lambda:us-east-1:123456789012:function:f:",
		"arn:aws:lambda:us-east-1:123456789012:function:f:*", "arn:aws:lambda:us-east-1:123456789012:function:f:$OLD",
		"arn:aws:lambda:us-east-1:123456789012:function:f:1:2", "arn:aws:lambda:us-east-1:123456789012:layer:f",
		"arn:aws:lambda:us-east-1:123456789012:layer:f:1", "arn:aws:lambda:us-east-1:12345:function:f",
		"arn:aws:lambda::123456789012:function:f", "arn:aws:s3:us-east-1:123456789012:function:f",
		"arn:aws:lambda:us-east-1:123456789012:function:f g", "arn:aws:lambda:us-east-1:123456789012:function:f\n",
		"arn:aws:lambda:us-east-1.evil.com/:123456789012:function:f", "arn:aws:lambda:us-east-1:123456789012:function:" + strings.Repeat("f", 141),
	} {
		if arn, err := trigger.ParseARN(text); err == nil {
			t.Errorf("%q was read as %+v", text, arn)
		}
	}
}

// named is a function that returns its name.
type named string

func (n named) Invoke(context.Context, trigger.Call) (trigger.Reply, error) {
	return trigger.Reply{Payload: []byte(n)}, nil
}

func TestTheMostExactEntryAnswers(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
	keys := []string{arn + ":1", arn, "f:1", "f:2", "f", ""}
	entries := make([]trigger.Entry, len(keys))
	for i, key := range keys {
		entries[i] = trigger.Entry{Key: key, Function: named(key + "!")}
	}
	all, err := trigger.New(entries...)
	if err != nil {
		t.Fatal(err)
	}
	const elsewhere = "arn:aws:lambda:eu-west-1:000000000000:function:"
	for asked, want := range map[string]string{
		arn + ":1": arn + ":1!", arn + ":2": arn + "!", arn: arn + "!",
		elsewhere + "f:1": "f:1!", elsewhere + "f:2": "f:2!", elsewhere + "f:3": "f!", elsewhere + "f": "f!", elsewhere + "g": "!",
	} {
		got, err := all.Invoke(t.Context(), trigger.Ask{ARN: asked})
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", asked, got, err, want)
		}
		if err := all.Check(asked); err != nil {
			t.Errorf("%s: %v", asked, err)
		}
	}
}

func TestUnresolvedFunctionsFail(t *testing.T) {
	t.Parallel()
	some, err := trigger.New(trigger.Entry{Key: "f:1", Function: named("f")})
	if err != nil {
		t.Fatal(err)
	}
	for _, functions := range []*trigger.Functions{some, nil} {
		for _, arn := range []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:lambda:us-east-1:123456789012:function:g:1"} {
			_, err := functions.Invoke(t.Context(), trigger.Ask{ARN: arn})
			failed, ok := errors.AsType[*trigger.Failed](err)
			if !ok || failed.Kind != trigger.Unresolved || failed.Text != "ResourceNotFoundException" {
				t.Errorf("%s: got %v", arn, err)
			}
			if err := functions.Check(arn); !errors.Is(err, trigger.ErrUnresolved) {
				t.Errorf("%s: got %v", arn, err)
			}
		}
		if err := functions.Check("nonsense"); err == nil || errors.Is(err, trigger.ErrUnresolved) {
			t.Errorf("nonsense: got %v", err)
		}
	}
}

func TestConflictingEntriesAreRefused(t *testing.T) {
	t.Parallel()
	for want, keys := range map[string][]string{
		"f is configured twice":  {"f", "g", "f"},
		"there are two defaults": {"", "f", ""},
		"not a function's name":  {"f g"},
		"not the ARN":            {"arn:aws:lambda:us-east-1:1:function:f"},
	} {
		var entries []trigger.Entry
		for _, key := range keys {
			entries = append(entries, trigger.Entry{Key: key, Function: named(key)})
		}
		if _, err := trigger.New(entries...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", keys, err, want)
		}
	}
}
