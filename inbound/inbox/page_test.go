package inbox_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"cardea/inbound/inbox"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

func TestPageEscapesMessagesAndRunsNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
		signUps(t, w)
		for _, query := range []string{"", "?to=%22%3E%3Cscript%3E", "?q=%22%3E%3Cscript%3E", "?q=%3Cscript%3E"} {
			if text := body(t, get(h, http.MethodGet, inbox.PagePath+query)); strings.Contains(text, "<script>") {
				t.Errorf("%s: the page holds foreign markup:\n%s", query, text)
			}
		}
		text := body(t, get(h, http.MethodGet, inbox.PagePath))
		for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "Hello &amp; &lt;welcome&gt;", ">Sign-up<", ">test<"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %s:\n%s", want, text)
			}
		}
		if strings.Index(text, "bob@example.org") > strings.Index(text, "ann&#43;1@example.org") {
			t.Error("the oldest message comes first")
		}
	})
}

func TestPageAllowsItsOwnPartsAlone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
		signUps(t, w)
		r := get(h, http.MethodGet, inbox.PagePath)
		policy, text := r.Header.Get("Content-Security-Policy"), body(t, r)
		for _, rule := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("the policy lacks %s", rule)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("the policy is %s", policy)
		}
		nonce := regexp.MustCompile(`script-src 'nonce-([0-9A-Z]{26})'; style-src 'nonce-([0-9A-Z]{26})'`).FindStringSubmatch(policy)
		if nonce == nil || strings.Count(text, `nonce="`+nonce[1]+`"`) != 2 {
			t.Errorf("the policy %s is not for the page's script and style", policy)
		}
		if inline := regexp.MustCompile(`<style|\son[a-z]+=|\sstyle=|<script[^>]*>[^<]`).FindString(text); inline != "" {
			t.Errorf("the page holds %q", inline)
		}
		if again := get(h, http.MethodGet, inbox.PagePath).Header.Get("Content-Security-Policy"); again == policy {
			t.Error("a nonce was used twice")
		}
		for _, path := range regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(text, -1) {
			if r := get(h, http.MethodGet, path[1]); r.StatusCode != http.StatusOK || r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: got %d, %v", path[1], r.StatusCode, r.Header)
			}
		}
	})
}

func TestHTMLIsSandboxed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
		signUps(t, w)
		text := body(t, get(h, http.MethodGet, inbox.PagePath))
		frame := regexp.MustCompile(`<iframe src="([^"]*)"[^>]* sandbox="([^"]*)"`).FindStringSubmatch(text)
		if frame == nil || strings.Contains(frame[2], "scripts") || strings.Contains(frame[2], "same-origin") || strings.Contains(frame[2], "top-navigation") {
			t.Fatalf("the frame is %q", frame)
		}
		r := get(h, http.MethodGet, frame[1])
		policy := r.Header.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "img-src data:;", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"} {
			if !strings.Contains(policy, rule) {
				t.Errorf("the policy lacks %s", rule)
			}
		}
		if want := "sandbox " + frame[2] + ";"; !strings.HasPrefix(policy, want) || strings.Contains(policy, "script") {
			t.Errorf("the policy is %s, want %s", policy, want)
		}
		if got := body(t, r); !strings.Contains(got, `<base target="_blank"><script>alert(1)</script> `+w.Code(t, "bob@example.org")) {
			t.Errorf("got %s", got)
		}

		pool := w.Pool(t, nil)
		for _, path := range []string{pool + "/0", pool + "/x%00", "nonsense/0", pool + "/%FF"} {
			if r := get(h, http.MethodGet, inbox.PagePath+"/html/"+path); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s: got %d", path, r.StatusCode)
			}
		}
	})
}

func TestPlainMessagesAreNeverShownAsHTML(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
		client := w.Client(t, w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}}), nil)
		w.Must(t, "SignUp", M{
			"ClientId": client, "Username": "carol", "Password": servertest.Password,
			"UserAttributes": servertest.Attributes("email", "carol@example.org"),
		})
		if text := body(t, get(h, http.MethodGet, inbox.PagePath)); strings.Contains(text, "<iframe") || !strings.Contains(text, "Your verification code is ") {
			t.Errorf("got\n%s", text)
		}
		m, err := w.Server.Outbox.Inbox(t.Context(), "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if r := get(h, http.MethodGet, inbox.PagePath+"/html/"+string(m[0].Pool)+"/"+m[0].ID); r.StatusCode != http.StatusNotFound {
			t.Errorf("its HTML: got %d", r.StatusCode)
		}
	})
}

func TestSearchFindsWhatThePageShows(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
		signUps(t, w)
		for query, want := range map[string][]string{
			"":                                   {"bob", "ann"},
			"?q=BOB":                             {"bob"},
			"?q=" + w.Code(t, "bob@example.org"): {"bob"},
			"?q=welcome+ann":                     {"ann"},
			"?q=sign-up+mail":                    {"bob", "ann"},
			"?q=bob+ann":                         nil,
			"?q=%00":                             nil,
			"?to=bob@example.org":                {"bob"},
			"?to=bob@example.org&q=ann":          nil,
		} {
			text := body(t, get(h, http.MethodGet, inbox.PagePath+query))
			var got []string
			for _, to := range regexp.MustCompile(`To </span>([a-z]+)`).FindAllStringSubmatch(text, -1) {
				got = append(got, to[1])
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: got %v, want %v", query, got, want)
			}
			if empty := strings.Contains(text, "No message fits"); empty != (want == nil) {
				t.Errorf("%s: says that nothing fits: %t", query, empty)
			}
		}
	})
}

func TestEmptyInboxTellsHowToFillIt(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		text := body(t, get(routes(&inbox.Handler{Outbox: w.Server.Outbox}), http.MethodGet, inbox.PagePath))
		if !strings.Contains(text, "No messages yet") || !strings.Contains(text, "aws cognito-idp sign-up") {
			t.Errorf("got\n%s", text)
		}
	})
}

func TestPageShowsTheNewestHundred(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, dbtest.SQLite(t), nil)
	pool := w.Pool(t, nil)
	for n := range 101 {
		name := fmt.Sprintf("user%03d", n)
		w.Must(t, "AdminCreateUser", M{
			"UserPoolId": pool, "Username": name, "DesiredDeliveryMediums": []string{"EMAIL"},
			"UserAttributes": servertest.Attributes("email", name+"@example.org"),
		})
		w.Advance(time.Second)
	}
	h := routes(&inbox.Handler{Outbox: w.Server.Outbox})
	text := body(t, get(h, http.MethodGet, inbox.PagePath))
	if got := strings.Count(text, "<article"); got != 100 || strings.Contains(text, "user000") || !strings.Contains(text, "The newest 100 messages") {
		t.Errorf("got %d messages", got)
	}
	text = body(t, get(h, http.MethodGet, inbox.PagePath+"?q=user000"))
	if got := strings.Count(text, "<article"); got != 1 || !strings.Contains(text, "Temporary password") {
		t.Errorf("search for the oldest: got %d messages", got)
	}
	text = body(t, get(h, http.MethodGet, inbox.PagePath+"?q=example"))
	if got := strings.Count(text, "<article"); got != 100 || !strings.Contains(text, "The newest 100 messages") {
		t.Errorf("search for all: got %d messages", got)
	}
}
