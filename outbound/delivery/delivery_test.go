package delivery

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestClassOfAnError(t *testing.T) {
	t.Parallel()
	for want, err := range map[Class]error{
		Delivered: nil,
		Refused:   fmt.Errorf("send: %w", &Error{Class: Refused}),
		Transient: errors.New("of no class"),
	} {
		if got := Of(err); got != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
}

func TestStatusHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Fri, 31 Dec 1999 23:59:00 GMT"
	for _, c := range []struct {
		status int
		after  string
		class  Class
		want   time.Duration
	}{
		{429, "", Throttled, 0},
		{429, "120", Throttled, 2 * time.Minute},
		{429, "-5", Throttled, 0},
		{503, "Fri, 31 Dec 1999 23:59:30 GMT", Throttled, 30 * time.Second},
		{503, "", Transient, 0},
		{500, "10", Transient, 0},
		{408, "", Transient, 0},
		{302, "", Misconfigured, 0},
		{403, "", Misconfigured, 0},
	} {
		header := http.Header{"Date": {date}}
		if c.after != "" {
			header.Set("Retry-After", c.after)
		}
		got := Status("it", &http.Response{StatusCode: c.status, Header: header})
		if got.Class != c.class || got.After != c.want {
			t.Errorf("%d after %q: got %s, %s", c.status, c.after, got.Class, got.After)
		}
	}
}

func TestUnreachableLeavesOutTheURL(t *testing.T) {
	t.Parallel()
	err := Unreachable(&url.Error{Op: "Post", URL: "https://h/?token=s3cret", Err: errors.New("no route")})
	if strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "no route") || Of(err) != Transient {
		t.Errorf("got %v", err)
	}
}
