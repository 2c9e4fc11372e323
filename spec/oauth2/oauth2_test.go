package oauth2_test

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/oauth2"
)

func parse(t testing.TB, raw string) oauth2.Values {
	t.Helper()
	v, err := oauth2.Parse(raw)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	return v
}

func TestParametersAreReadAsForms(t *testing.T) {
	t.Parallel()
	v := parse(t, "a=1+2&b=%C3%BC&&c&d=&e=x=y")
	for name, want := range map[string]string{"a": "1 2", "b": "ü", "c": "", "d": "", "e": "x=y", "f": ""} {
		if got := v.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got, want := v.Encode(), "a=1%202&b=%C3%BC&c=&d=&e=x%3Dy"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
	for _, raw := range []string{"a=%", "a=%zz", "a=%00", "a=%ff", strings.Repeat("a", 9000), strings.Repeat("a&", 100)} {
		if _, err := oauth2.Parse(raw); !errors.Is(err, oauth2.ErrMalformed) {
			t.Errorf("%.20q: got %v, want ErrMalformed", raw, err)
		}
	}
}

func TestNoParameterIsGivenTwice(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"a=1&b=2":  true,
		"a=1&a=1":  false,
		"a=&a=1":   false,
		"a=1&%61=": false,
	} {
		if err := parse(t, raw).Check(); (err == nil) != want {
			t.Errorf("%.30q: %v", raw, err)
		}
	}
}

func TestAuthorizationRequests(t *testing.T) {
	t.Parallel()
	challenge := oauth2.Challenge(strings.Repeat("v", 43))
	for raw, want := range map[string]string{
		"response_type=code":                    "",
		"response_type=token":                   "",
		"":                                      "invalid_request",
		"response_type=":                        "invalid_request",
		"response_type=id_token":                "unsupported_response_type",
		"response_type=code+token":              "unsupported_response_type",
		"response_type=code&response_type=code": "invalid_request",
		"response_type=code&x=1&x=2":            "invalid_request",
		"response_type=code&code_challenge_method=S256&code_challenge=" + challenge:         "",
		"response_type=code&code_challenge_method=plain&code_challenge=" + challenge:        "invalid_request",
		"response_type=code&code_challenge=" + challenge:                                    "invalid_request",
		"response_type=code&code_challenge_method=S256":                                     "invalid_request",
		"response_type=code&code_challenge_method=S256&code_challenge=" + challenge[1:]:     "invalid_request",
		"response_type=code&code_challenge_method=S256&code_challenge=." + challenge[1:]:    "invalid_request",
		"response_type=code&prompt=none":                                                    "",
		"response_type=code&prompt=login+select_account+consent":                            "",
		"response_type=code&prompt=none+login":                                              "invalid_request",
		"response_type=code&prompt=other":                                                   "invalid_request",
		"response_type=code&resource=https://api.example.com/a%3Fb":                         "",
		"response_type=code&resource=http://localhost:3000":                                 "",
		"response_type=code&resource=myapp:thing":                                           "",
		"response_type=code&resource=http://localhost.example.com":                          "invalid_target",
		"response_type=code&resource=http://api.example.com":                                "invalid_target",
		"response_type=code&resource=/relative":                                             "invalid_target",
		"response_type=code&resource=https://api.example.com/%23x":                          "invalid_target",
		"response_type=code&resource=https://api.example.com/%20x":                          "invalid_target",
		"response_type=code&state=" + strings.Repeat("s", 5000):                             "invalid_request",
		"response_type=code&state=" + strings.Repeat("s", 4096):                             "",
		"response_type=code&state=" + strings.Repeat("s", 4097):                             "invalid_request",
		"response_type=code&nonce=" + strings.Repeat("s", 2049):                             "invalid_request",
		"response_type=code&state=1&state=2":                                                "invalid_request",
		"response_type=code&scope=openid+email&nonce=n&state=s&identity_provider=COGNITO&x": "",
	} {
		a, err := oauth2.ReadAuthorization(parse(t, raw))
		got := ""
		if wrong, ok := errors.AsType[*oauth2.Error](err); ok {
			got = wrong.Code
		}
		if got != want {
			t.Errorf("%.100q: got %q, want %q", raw, got, want)
		}
		if strings.Contains(raw, "state=1&") && a.State != "" || len(a.State) > 4096 {
			t.Errorf("%.100q: state %.20q", raw, a.State)
		}
	}

	v := parse(t, "response_type=code&scope=openid++email+openid&nonce=n&state=%20s&identity_provider=COGNITO&resource=https://r&prompt=login&code_challenge_method=S256&code_challenge="+challenge)
	got, err := oauth2.ReadAuthorization(v)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(oauth2.Authorization{
		ResponseType: "code", State: " s", Nonce: "n", Scopes: []string{"openid", "email"}, Challenge: challenge,
		Prompt: []string{"login"}, Resource: "https://r", Provider: "COGNITO",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// RFC 7636, appendix B.
func TestVerifiersBelongToTheirChallenge(t *testing.T) {
	t.Parallel()
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	for name, c := range map[string]struct {
		challenge, verifier string
		want                bool
	}{
		"right":                  {challenge, verifier, true},
		"neither":                {"", "", true},
		"no verifier":            {challenge, "", false},
		"no challenge":           {"", verifier, false},
		"another":                {challenge, verifier[:42] + "x", false},
		"the challenge itself":   {challenge, challenge, false},
		"too short":              {oauth2.Challenge("short"), "short", false},
		"too long":               {oauth2.Challenge(strings.Repeat("a", 129)), strings.Repeat("a", 129), false},
		"long":                   {oauth2.Challenge(strings.Repeat("~", 128)), strings.Repeat("~", 128), true},
		"with a reserved letter": {oauth2.Challenge(strings.Repeat("+", 50)), strings.Repeat("+", 50), false},
	} {
		if got := oauth2.Verifies(c.challenge, c.verifier); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBasicIsReadBothWays(t *testing.T) {
	t.Parallel()
	header := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	type all = []oauth2.Credentials
	for in, want := range map[string]all{
		header("id:secret"):                {{ID: "id", Secret: "secret"}},
		header("id:a+b%2Bc"):               {{ID: "id", Secret: "a b+c"}, {ID: "id", Secret: "a+b%2Bc"}},
		header("id:100%"):                  {{ID: "id", Secret: "100%"}},
		header("id:a:b"):                   {{ID: "id", Secret: "a:b"}},
		header("id:"):                      {{ID: "id"}},
		header("id:%00"):                   {{ID: "id", Secret: "%00"}},
		strings.ToLower("Basic") + " aTpz": {{ID: "i", Secret: "s"}},
		"Basic  aTpz":                      {{ID: "i", Secret: "s"}},
		header("id"):                       nil,
		header("id:\x00"):                  nil,
		header("id:\xff"):                  nil,
		"Basic aTpz=":                      nil,
		"Basic ?":                          nil,
		"Bearer aTpz":                      nil,
		"":                                 nil,
	} {
		if diff := cmp.Diff(want, all(oauth2.ParseBasic(in))); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestAnswersKeepTheRegisteredBytes(t *testing.T) {
	t.Parallel()
	code := []oauth2.Pair{{Name: "code", Value: "c"}, {Name: "none"}, {Name: "state", Value: "a b+c/d=e&f%g"}}
	const sent = "code=c&state=a%20b%2Bc%2Fd%3De%26f%25g"
	for _, c := range []struct {
		answer oauth2.Answer
		want   string
	}{
		{oauth2.Answer{URI: "https://a.example/cb"}, "https://a.example/cb?" + sent},
		{oauth2.Answer{URI: "https://a.example/cb?x=%7e"}, "https://a.example/cb?x=%7e&" + sent},
		{oauth2.Answer{URI: "https://a.example/cb?"}, "https://a.example/cb?" + sent},
		{oauth2.Answer{URI: "https://a.example/cb?x&"}, "https://a.example/cb?x&" + sent},
		{oauth2.Answer{URI: "https://A.example/../cb", Mode: oauth2.ModeFragment}, "https://A.example/../cb#" + sent},
		{oauth2.Answer{URI: "myapp:/cb?x", Mode: oauth2.ModeFragment}, "myapp:/cb?x#" + sent},
	} {
		if got := c.answer.With(code...).String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if got := (oauth2.Answer{URI: "https://a.example/cb"}).With().String(); got != "https://a.example/cb" {
		t.Errorf("without parameters: %q", got)
	}
	told := oauth2.Answer{URI: "https://a.example/cb", Issuer: "https://b.example/p", Mode: oauth2.ModeForm}.With(code...)
	want := []oauth2.Pair{code[0], code[2], {Name: "iss", Value: "https://b.example/p"}}
	if diff := cmp.Diff(want, told.Pairs); diff != "" || !told.Posted() || told.URI != "https://a.example/cb" {
		t.Errorf("to be posted: %+v", told)
	}
}

func TestRedirectsAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	registered := []string{
		"https://app.example.com/cb", "http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]", "http://127.0.0.1:8080/port",
		"myapp://cb", "JavaScript:alert(1)", "https://app.example.com/with#fragment",
		"http://127.0.0.1.example.com/cb",
	}
	for uri, want := range map[string]bool{
		"https://app.example.com/cb":             true,
		"myapp://cb":                             true,
		"http://localhost/cb":                    true,
		"http://127.0.0.1/cb":                    true,
		"http://127.0.0.1:51004/cb":              true,
		"http://[::1]:51004":                     true,
		"http://127.0.0.1:8080/port":             true,
		"":                                       false,
		"https://APP.example.com/cb":             false,
		"https://app.example.com/CB":             false,
		"HTTPS://app.example.com/cb":             false,
		"https://app.example.com/cb/":            false,
		"https://app.example.com//cb":            false,
		"https://app.example.com/cb/../cb":       false,
		"https://app.example.com/..;/cb":         false,
		"https://app.example.com/cb?x":           false,
		"https://app.example.com/cb#":            false,
		"https://app.example.com/cb%20":          false,
		"https://app.example.com/c%62":           false,
		"https://app.example.com./cb":            false,
		"https://app.example.com:443/cb":         false,
		"https://user@app.example.com/cb":        false,
		"https://app.example.com@evil.test/cb":   false,
		"https://evil.test\\@app.example.com/cb": false,
		"https://evil.test":                      false,
		"//app.example.com/cb":                   false,
		"/cb":                                    false,
		"http://localhost:3000/cb":               false,
		"http://127.0.0.1:0/cb":                  false,
		"http://127.0.0.1:080/cb":                false,
		"http://127.0.0.1:+80/cb":                false,
		"http://127.0.0.1:99999/cb":              false,
		"http://127.0.0.1:/cb":                   false,
		"http://127.0.0.1:80.example.com/cb":     false,
		"http://127.0.0.1:80@evil.test/cb":       false,
		"http://127.0.0.1:8080/cb?x":             false,
		"http://127.0.0.1:9/port":                false,
		"https://127.0.0.1:80/cb":                false,
		"http://[::1]:80/cb":                     false,
		"http://[::1]:80.evil.test":              false,
		"JavaScript:alert(1)":                    false,
		"https://app.example.com/with#fragment":  false,
	} {
		if got := oauth2.Registered(registered, uri); got != want {
			t.Errorf("%q: %v, want %v", uri, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a=1&b=%20&a=2")
	f.Add("response_type=code&state=%7B%22a%22%3A1%7D&code_challenge=x")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := oauth2.Parse(raw)
		if err != nil {
			return
		}
		if text := v.Encode(); len(text) <= oauth2.MaxQuery {
			again, err := oauth2.Parse(text)
			if err != nil || again.Encode() != text {
				t.Fatalf("%q is encoded as %q and that as %q, %v", raw, text, again.Encode(), err)
			}
		}
		a, err := oauth2.ReadAuthorization(v)
		if err == nil && (v.Check() != nil || a.ResponseType == "") {
			t.Fatalf("%q was accepted", raw)
		}
	})
}

func FuzzParseBasic(f *testing.F) {
	f.Add("Basic aTpz")
	f.Fuzz(func(t *testing.T, header string) {
		if all := oauth2.ParseBasic(header); len(all) > 2 {
			t.Fatalf("%q has %d readings", header, len(all))
		}
	})
}

// No address but the registered one leads anywhere else, and what is appended stays behind it.
func FuzzRegistered(f *testing.F) {
	f.Add("https://app.example.com/cb", "s")
	f.Add("http://127.0.0.1:80/cb", "a b")
	f.Fuzz(func(t *testing.T, uri, state string) {
		if !oauth2.Registered([]string{"https://app.example.com/cb", "http://127.0.0.1/cb"}, uri) {
			return
		}
		sent := oauth2.Answer{URI: uri}.With(oauth2.Pair{Name: "code", Value: "c"}, oauth2.Pair{Name: "state", Value: state}).String()
		u, err := url.Parse(sent)
		if err != nil || !strings.HasPrefix(sent, uri+"?") || u.Host != "app.example.com" && u.Hostname() != "127.0.0.1" || u.Path != "/cb" || u.User != nil {
			t.Fatalf("%q is a redirect", sent)
		}
		if got := u.Query().Get("state"); got != state {
			t.Fatalf("state %q came back as %q", state, got)
		}
	})
}
