package pool_test

import (
	"strings"
	"testing"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

func TestTagsOfCardeaHaveValuesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, wrong string }{
		{"team", "anything", ""},
		{"cardea:password-storage", "srp", ""},
		{"cardea:password-storage", "srp argon2id", "must be srp or argon2id"},
		{"cardea:signup", "private", ""},
		{"cardea:signup", "public", "must be private"},
		{"cardea:link", "verified-email", ""},
		{"cardea:link", "email", "must be verified-email"},
		{"cardea:logout", "Corp Okta", ""},
		{"cardea:standards", "", ""},
		{"cardea:standards", "dpop strict", ""},
		{"cardea:standards", "dpop,strict", "must be some of"},
		{"cardea:standards", "dpop magic", "must be some of"},
		{"cardea:backchannel-logout/abc", "https://app.example.com/out?x=y", ""},
		{"cardea:backchannel-logout/abc", "http://localhost:3000/out", ""},
		{"cardea:backchannel-logout/abc", "http://[::1]:3000/out", ""},
		{"cardea:backchannel-logout/abc", "http://app.example.com/out", "must be an https URL"},
		{"cardea:backchannel-logout/abc", "http://localhost.example.com/", "must be an https URL"},
		{"cardea:backchannel-logout/abc", "https://user@app.example.com/", "must be an https URL"},
		{"cardea:backchannel-logout/abc", "https://app.example.com/#x", "must be an https URL"},
		{"cardea:backchannel-logout/abc", "https:///out", "must be an https URL"},
		{"cardea:backchannel-logout/abc", "", "must be an https URL"},
		{"cardea:backchannel-logout/", "https://app.example.com/", "must end with the id of a client"},
		{"cardea:backchannel-logout", "https://app.example.com/", "There is no setting"},
		{"cardea:anything", "x", "There is no setting cardea:anything."},
	} {
		got := pool.CheckTag(c.key, c.value)
		if (got == "") != (c.wrong == "") || !strings.Contains(got, c.wrong) {
			t.Errorf("%s=%q: %q, want %q", c.key, c.value, got, c.wrong)
		}
	}
}

func TestPoolFollowsTheStandardsOfItsTag(t *testing.T) {
	t.Parallel()
	p := &pool.Pool{Doc: cognitoidp.UserPoolType{UserPoolTags: map[string]string{pool.StandardsTag: "dpop  strict"}}}
	for standard, want := range map[string]bool{pool.DPoP: true, pool.Strict: true, pool.PushedRequests: false, "": false} {
		if got := p.Follows(standard); got != want {
			t.Errorf("%q: %t", standard, got)
		}
	}
	if new(pool.Pool).Follows(pool.Strict) {
		t.Error("a pool without tags follows a standard")
	}
}

func TestUsersLeaveTheProvidersOfTheTag(t *testing.T) {
	t.Parallel()
	p := &pool.Pool{Doc: cognitoidp.UserPoolType{UserPoolTags: map[string]string{pool.LogoutTag: "Corp  Okta"}}}
	for name, want := range map[string]bool{"Corp": true, "Okta": true, "corp": false, "Cor": false, "": false} {
		if got := p.LeavesProvider(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
