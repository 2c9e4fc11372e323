package inbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/inbound/inbox"
	"cardea/server/servertest"
)

type M = servertest.M

// signUps makes a pool whose invitations carry markup, and signs two people up in it, one after the other.
func signUps(t *testing.T, w *servertest.World) {
	t.Helper()
	client := w.Client(t, w.Pool(t, M{
		"AutoVerifiedAttributes":      []string{"email"},
		"VerificationMessageTemplate": M{"EmailSubject": "Hello & <welcome>", "EmailMessage": "<script>alert(1)</script> {####}"},
	}), nil)
	for _, name := range []string{"ann+1", "bob"} {
		w.Must(t, "SignUp", M{
			"ClientId": client, "Username": name, "Password": servertest.Password,
			"UserAttributes": servertest.Attributes("email", name+"@example.org"),
		})
		w.Advance(1500 * time.Millisecond)
	}
}

func get(h http.Handler, method, target string) *http.Response {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(method, target, nil))
	return answer.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONListsTheOldestFirst(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := &inbox.Handler{Outbox: w.Server.Outbox}
		list := func(target string) (messages []map[string]string) {
			t.Helper()
			var out struct {
				Messages []map[string]string `json:"messages"`
			}
			r := get(h, http.MethodGet, target)
			if err := json.NewDecoder(r.Body).Decode(&out); err != nil || r.StatusCode != http.StatusOK {
				t.Fatalf("%s answered %d, %v", target, r.StatusCode, err)
			}
			if out.Messages == nil {
				t.Fatalf("%s has no list", target)
			}
			return out.Messages
		}
		if n := len(list(inbox.JSONPath)); n != 0 {
			t.Errorf("a new server has %d messages", n)
		}
		signUps(t, w)
		all := list(inbox.JSONPath)
		if len(all) != 2 || all[0]["to"] != "ann+1@example.org" || all[1]["to"] != "bob@example.org" {
			t.Fatalf("got %v, want Ann's and then Bob's", all)
		}
		want := map[string]string{
			"to": "ann+1@example.org", "medium": "EMAIL", "subject": "Hello & <welcome>", "code": all[0]["code"],
			"body": "<script>alert(1)</script> " + all[0]["code"], "sent_at": all[0]["sent_at"],
		}
		if diff := cmp.Diff(want, all[0]); diff != "" || !regexp.MustCompile(`^[0-9]{6}$`).MatchString(want["code"]) {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if _, err := time.Parse(time.RFC3339, all[0]["sent_at"]); err != nil {
			t.Error(err)
		}
		for _, to := range []string{"ann%2B1@example.org", "ann+1@example.org", "ANN%2B1@example.org"} {
			if got := list(inbox.JSONPath + "?to=" + to); len(got) != 1 || got[0]["to"] != "ann+1@example.org" {
				t.Errorf("?to=%s: %v", to, got)
			}
		}
		if n := len(list(inbox.JSONPath + "?to=carol@example.org")); n != 0 {
			t.Errorf("%d messages to an address that got none", n)
		}
	})
}

func TestPageEscapesMessagesAndRunsNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := &inbox.Handler{Outbox: w.Server.Outbox}
		signUps(t, w)
		r := get(h, http.MethodGet, inbox.PagePath+"?to=%22%3E%3Cscript%3E")
		if text := body(t, r); strings.Contains(text, "<script>") {
			t.Errorf("the page holds markup from the query:\n%s", text)
		}
		r = get(h, http.MethodGet, inbox.PagePath)
		text := body(t, r)
		if strings.Contains(text, "<script>") || !strings.Contains(text, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("the page does not escape:\n%s", text)
		}
		if strings.Index(text, "bob@example.org") > strings.Index(text, "ann&#43;1@example.org") {
			t.Error("the oldest message comes first")
		}

		_, rest, _ := strings.Cut(text, "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy %s does not name the page's style", policy)
		}
		for _, rule := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("the policy lacks %s", rule)
			}
		}
	})
}

func TestOnlyReadingIsPossible(t *testing.T) {
	t.Parallel()
	h := &inbox.Handler{}
	if r := get(h, http.MethodPost, inbox.PagePath); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.StatusCode)
	}
	if r := get(h, http.MethodGet, "/_cardea/other"); r.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %d", r.StatusCode)
	}
}
