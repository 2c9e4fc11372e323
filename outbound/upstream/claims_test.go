package upstream

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestClaimsAreStoredAsTexts(t *testing.T) {
	t.Parallel()
	object, err := readObject([]byte(`{
		"text": "Zoë, \"a\" <b>", "empty": "", "true": true, "false": false, "null": null,
		"int": 12345678901234567890123, "fraction": 0.10, "exponent": 1E3, "negative": -0,
		"list": ["Group A", "B", "a.b-c*d_e~f", "x,y", "é", 1, true, null], "none": [], "lists": [[1, "a b"], []],
		"object": {"b": {"c": "<&>"}, "a": [1, null]}, "objects": [{"b": 1, "a": 2}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"text": `Zoë, "a" <b>`, "empty": "", "true": "true", "false": "false",
		"int": "12345678901234567890123", "fraction": "0.10", "exponent": "1E3", "negative": "-0",
		"list": "[Group+A, B, a.b-c*d_e%7Ef, x%2Cy, %C3%A9, 1, true]", "none": "[]", "lists": "[%5B1%2C%22a+b%22%5D, %5B%5D]",
		"object": `{"a":[1,null],"b":{"c":"<&>"}}`, "objects": "[%7B%22a%22%3A2%2C%22b%22%3A1%7D]",
	}
	if diff := cmp.Diff(want, texts(object)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestJSONIsReadStrictly(t *testing.T) {
	t.Parallel()
	many := `{"a0":0` + strings.Repeat(`,"x":0`, 0)
	for i := range maxMembers {
		many += `,"m` + string(rune('A'+i%26)) + strings.Repeat("z", i/26) + `":0`
	}
	for name, text := range map[string]string{
		"nothing": "", "text": `"a"`, "list": `[]`, "null": `null`, "cut": `{"a":1`, "two": `{} {}`, "tail": `{}x`, "comma": `{"a":1,}`, "no comma": `{"a":1 "b":2}`,
		"twice": `{"a":1,"a":1}`, "twice, escaped": `{"a":1,"\u0061":1}`, "twice, inside": `{"a":[{"b":1,"b":2}]}`, "not UTF-8": "{\"a\":\"\xff\"}",
		"deep": strings.Repeat(`{"a":`, 18) + "1" + strings.Repeat("}", 18), "deep list": `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}",
		"many": many + "}", "number as a name": `{1:1}`, "brackets": `{"a":[1}`,
	} {
		if object, err := readObject([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", name, object)
		}
	}
	if _, err := readObject([]byte(` {"a":1,"A":2,"b":{"a":1}} ` + "\n")); err != nil {
		t.Error(err)
	}
}

func TestWordsOfProvidersAreCleaned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"  a \r\n\tb  ":            "a b",
		"a\x00b\x1b[31m\u202e\xff": "a b [31m",
		strings.Repeat("é", 300):   strings.Repeat("é", 200) + "…",
	} {
		if got := clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if Secret("email") || !Secret("access_token") || !Secret("id_token") || !Secret("refresh_token") {
		t.Error("which claims are secret")
	}
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"sub":"1","groups":["a b",1,{"x":[null]}],"n":1.50,"o":{"a":{}}}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		object, err := readObject(raw)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q", err)
			}
			return
		}
		var other map[string]any // what the standard library reads
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(&other); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(other, object); diff != "" {
			t.Errorf("(-other +ours)\n%s", diff)
		}
		for name, text := range texts(object) {
			list, ok := object[name].([]any)
			if !ok {
				continue
			}
			inside := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
			for _, element := range strings.Split(inside, ", ") {
				if _, err := url.QueryUnescape(element); err != nil || strings.ContainsAny(element, " ,[]\"") {
					t.Errorf("%v is stored as %s", list, text)
				}
			}
		}
	})
}

// A token that nobody has signed is refused, whatever it says.
func FuzzIDToken(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AA")
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")
	f.Add("e30.e30.e30")
	key, err := readTestKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, compact string) {
		c := &Client{}
		_, sets := c.caches()
		if _, err := sets.get(t.Context(), "keys", false, func() (keySet, error) { return keySet{"a": {key}}, nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := sets.get(t.Context(), "keys", true, func() (keySet, error) { return keySet{"a": {key}}, nil }); err != nil {
			t.Fatal(err)
		}
		r := &redemption{c: c, p: Provider{Type: OIDC, Issuer: "i", ClientID: "c", KeysURL: "keys"}, a: Arrival{Nonce: "n"}, token: map[string]any{idToken: compact}}
		failed, ok := r.verifyIDToken(t.Context()).(*Error)
		if !ok || failed.Err == nil || r.claims != nil {
			t.Fatalf("%q is accepted", compact)
		}
		if strings.ContainsFunc(failed.Error()+failed.Word, unicode.IsControl) {
			t.Errorf("%q", failed)
		}
	})
}

func readTestKey() (key, error) {
	_, k, ok := readKey(map[string]any{
		"kty": "EC", "crv": "P-256", "kid": "a", // of RFC 7517 A.1
		"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
	})
	if !ok {
		return key{}, errNotURL
	}
	return k, nil
}
