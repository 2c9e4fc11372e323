package inbox_test

import (
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

// routes mounts an inbox as the server does.
func routes(h *inbox.Handler) http.Handler {
	mux := http.NewServeMux()
	h.Register(mux)
	return mux
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
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
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

func TestOnlyReadingIsPossible(t *testing.T) {
	t.Parallel()
	h := routes(&inbox.Handler{})
	for _, path := range []string{inbox.PagePath, inbox.JSONPath, inbox.PagePath + "/events", inbox.PagePath + "/inbox.js"} {
		if r := get(h, http.MethodPost, path); r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, r.StatusCode)
		}
	}
	if r := get(h, http.MethodGet, "/_cardea/other"); r.StatusCode != http.StatusNotFound {
		t.Errorf("another path: %d", r.StatusCode)
	}
}
