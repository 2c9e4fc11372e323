package externalsts_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/externalsts"
)

const granted = `<?xml version="1.0"?>
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret+/=</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2026-03-14T16:09:26Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`

// serve is a token service that gives its answers in turn, the last one for ever, and keeps what it was asked.
func serve(t *testing.T, answers ...string) (endpoint string, asked func() []url.Values) {
	t.Helper()
	var all []url.Values
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		answer := answers[min(len(all), len(answers)-1)]
		all = append(all, r.PostForm)
		status := 200
		if n, _ := fmt.Sscanf(answer, "%d ", &status); n == 1 {
			answer = answer[4:]
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []url.Values { return all }
}

func TestCredentialsAreRead(t *testing.T) {
	t.Parallel()
	endpoint, asked := serve(t, granted)
	c := externalsts.Client{HTTP: http.DefaultClient}
	got, err := c.Assume(t.Context(), externalsts.Request{
		Endpoint: endpoint, RoleARN: "arn:aws:iam::123456789012:role/r", Session: "CognitoIdentityCredentials", Token: "a.b.c",
		Policy: `{"Version":"2012-10-17"}`, Duration: time.Hour,
	})
	want := externalsts.Credentials{
		AccessKeyID: "ASIAEXAMPLE", Secret: "secret+/=", Token: "token", Expires: time.Date(2026, 3, 14, 16, 9, 26, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::123456789012:role/r"},
		"RoleSessionName": {"CognitoIdentityCredentials"}, "WebIdentityToken": {"a.b.c"}, "DurationSeconds": {"3600"},
		"Policy": {`{"Version":"2012-10-17"}`},
	}
	if diff := cmp.Diff([]url.Values{form}, asked()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]externalsts.RefusedError{
		"403 <ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>": {Code: "AccessDenied", Message: "no"},
		"400 <Error><Code>MalformedPolicyDocument</Code><Message>m</Message></Error>":                                         {Code: "MalformedPolicyDocument", Message: "m"},
		"404 not here": {Code: "404", Message: "no error in XML"},
	} {
		endpoint, asked := serve(t, answer)
		c := externalsts.Client{HTTP: http.DefaultClient}
		_, err := c.Assume(t.Context(), externalsts.Request{Endpoint: endpoint})
		refused, ok := errors.AsType[*externalsts.RefusedError](err)
		if !ok || *refused != want || len(asked()) != 1 {
			t.Errorf("%s: got %v after %d calls", answer, err, len(asked()))
		}
	}
}

func TestFailuresAreAskedOnceMore(t *testing.T) {
	t.Parallel()
	c := externalsts.Client{HTTP: http.DefaultClient}
	endpoint, asked := serve(t, "503 busy", granted)
	if got, err := c.Assume(t.Context(), externalsts.Request{Endpoint: endpoint}); err != nil || got.AccessKeyID == "" || len(asked()) != 2 {
		t.Errorf("got %+v, %v after %d calls", got, err, len(asked()))
	}
	endpoint, asked = serve(t, "503 busy")
	if _, err := c.Assume(t.Context(), externalsts.Request{Endpoint: endpoint}); !errors.Is(err, externalsts.ErrUnreachable) || len(asked()) != 2 {
		t.Errorf("got %v after %d calls", err, len(asked()))
	}
}

func TestAnswersWithoutCredentialsAreNone(t *testing.T) {
	t.Parallel()
	c := externalsts.Client{HTTP: http.DefaultClient}
	for name, answer := range map[string]string{
		"no XML":              "hello",
		"another document":    "<a></a>",
		"no token":            strings.Replace(granted, "<SessionToken>token</SessionToken>", "", 1),
		"no end":              strings.Replace(granted, "<Expiration>2026-03-14T16:09:26Z</Expiration>", "", 1),
		"an end that is none": strings.Replace(granted, "2026-03-14T16:09:26Z", "tomorrow", 1),
		"too long":            granted + strings.Repeat(" ", externalsts.MaxAnswer),
	} {
		endpoint, _ := serve(t, answer)
		if got, err := c.Assume(t.Context(), externalsts.Request{Endpoint: endpoint}); !errors.Is(err, externalsts.ErrUnreachable) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
