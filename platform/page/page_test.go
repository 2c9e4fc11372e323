package page_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"cardea/platform/page"
	"cardea/platform/seal"
)

func codec() *page.Codec { return codecOf(7) }

// codecOf is the codec of master keys that repeat one byte each.
func codecOf(bytesOf ...byte) *page.Codec {
	var keys [][]byte
	for _, b := range bytesOf {
		keys = append(keys, bytes.Repeat([]byte{b}, 32))
	}
	master, err := seal.NewMaster(keys...)
	if err != nil {
		panic(err)
	}
	return page.New(master)
}

func TestTokenOpensForItsBinding(t *testing.T) {
	t.Parallel()

	token := codec().Encode("ListUserPools\x00us-east-1", "us-east-1_AbC123xyz")
	cursor, err := codec().Decode("ListUserPools\x00us-east-1", token)
	if err != nil {
		t.Fatal(err)
	}
	if want := "us-east-1_AbC123xyz"; cursor != want {
		t.Errorf("cursor %q, want %q", cursor, want)
	}
}

func TestTokensOpenWhicheverOfTheMasterKeysIsInFront(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ made, read []byte }{{[]byte{7, 8}, []byte{8, 7}}, {[]byte{8, 7}, []byte{7, 8}}, {[]byte{7}, []byte{8, 7}}} {
		token := codecOf(c.made...).Encode("binding", "cursor")
		if cursor, err := codecOf(c.read...).Decode("binding", token); cursor != "cursor" || err != nil {
			t.Errorf("made by %v, read by %v: got %q, %v", c.made, c.read, cursor, err)
		}
	}
	if _, err := codecOf(7).Decode("binding", codecOf(8, 7).Encode("binding", "cursor")); !errors.Is(err, page.ErrInvalid) {
		t.Errorf("a token of a key that is not there: got %v, want ErrInvalid", err)
	}
}

func TestTokenHidesItsCursorAndIsNeverTheSame(t *testing.T) {
	t.Parallel()

	first, second := codec().Encode("b", "cursor"), codec().Encode("b", "cursor")
	if strings.Contains(first, "cursor") || first == second {
		t.Errorf("tokens %q and %q for one cursor", first, second)
	}
}

func TestEmptyCursorAndEmptyTokenMeanEachOther(t *testing.T) {
	t.Parallel()

	if token := codec().Encode("b", ""); token != "" {
		t.Errorf("token %q for the empty cursor", token)
	}
	if cursor, err := codec().Decode("b", ""); cursor != "" || err != nil {
		t.Errorf("cursor %q, %v for the empty token", cursor, err)
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	t.Parallel()

	token := codec().Encode("binding", "cursor")
	flipped := []byte(token)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct{ binding, token string }{
		"other binding": {"another", token},
		"garbage":       {"binding", "garbage"},
		"not base64":    {"binding", "!!!"},
		"tampered":      {"binding", string(flipped)},
		"cut short":     {"binding", token[:len(token)-4]},
		"lengthened":    {"binding", token + "AAAA"},
		"huge":          {"binding", strings.Repeat("A", 1<<20)},
		"other key":     {"binding", codecOf(8).Encode("binding", "cursor")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if cursor, err := codec().Decode(c.binding, c.token); !errors.Is(err, page.ErrInvalid) {
				t.Errorf("got %q, %v, want ErrInvalid", cursor, err)
			}
		})
	}
}

func FuzzDecodeNeverAcceptsWhatItDidNotMake(f *testing.F) {
	f.Add("binding", "token")
	f.Add("", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, binding, token string) {
		if cursor, err := codec().Decode(binding, token); err == nil && token != "" {
			t.Fatalf("accepted %q as %q", token, cursor)
		}
	})
}
