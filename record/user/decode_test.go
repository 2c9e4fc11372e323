package user

import (
	"encoding/json"
	"maps"
	"testing"
)

// What decodeMap reads is what encoding/json does, whatever was stored.
func TestDecodeMap(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, ` { } `, `{"email":"a@example.com","sub":"1"}`, `{"a":"\u003cb\u003e \"\\\/\n\t","ü":"\u00fc\ud83d\ude00 😀"}`,
		`{"a":"nul \u0000"}`, `{"a":"half \ud83d"}`, `{"a":"1","a":"2"}`, `{"a":null}`, "{\"a\":\"\xff\"}",
		`{"a":1}`, `{"a":{"b":"c"}}`, `["a"]`, `"a"`, `{"a":"b"`, `{"a":"b"} x`, `x`,
	} {
		want := map[string]string{}
		wrong := json.Unmarshal([]byte(text), &want)
		got, err := decodeMap(text)
		if (err != nil) != (wrong != nil) || err == nil && !maps.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q, %v", text, got, err, want, wrong)
		}
	}
	if m, err := decodeMap(""); m == nil || len(m) != 0 || err != nil {
		t.Errorf("nothing: got %v, %v", m, err)
	}
}
