package message

import (
	"errors"
	"testing"

	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

const identity = "arn:aws:ses:us-east-1:123456789012:identity/"

func TestPoolsChooseTheirSender(t *testing.T) {
	t.Parallel()
	mailer, texter := &mail.SMTP{}, &sms.Webhook{}
	box := Outbox{Senders: []Sender{
		{Transport: "arn", Match: []string{identity + "exact.com"}, Mail: mailer},
		{Transport: "address", Match: []string{"shop@example.com"}, Mail: mailer},
		{Transport: "domain", Match: []string{"example.com", "exact.com"}, Domains: []string{"example.com"}, Mail: mailer},
		{Transport: "mail", Match: []string{MatchDefault}, Mail: mailer},
		{Transport: "role", Match: []string{"arn:aws:iam::123456789012:role/sms"}, Text: texter},
		{Transport: "region", Match: []string{"eu-west-1"}, Text: texter},
		{Transport: "text", Match: []string{MatchDefault}, Text: texter},
	}}
	own := func(source, from string) *cognitoidp.EmailConfigurationType {
		return &cognitoidp.EmailConfigurationType{EmailSendingAccount: "DEVELOPER", SourceArn: source, From: from}
	}
	for _, c := range []struct {
		email *cognitoidp.EmailConfigurationType
		want  string // empty: none
	}{
		{nil, "mail"},
		{&cognitoidp.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT", From: "a@example.com"}, "mail"},
		{own(identity+"exact.com", ""), "arn"},
		{own(identity+"Shop@Example.com", ""), "address"},
		{own(identity+"other@example.com", ""), "domain"},
		{own(identity+"example.com", "Shop <shop@example.com>"), "domain"},
		{own(identity+"elsewhere.com", "Shop <shop@example.com>"), "address"},
		{own(identity+"elsewhere.com", "Shop <a@example.com>"), "domain"},
		{own(identity+"elsewhere.com", ""), ""},
		{own(identity+"elsewhere.com", "a@sub.example.com"), ""},
	} {
		p := &pool.Pool{Doc: cognitoidp.UserPoolType{EmailConfiguration: c.email}}
		got := ""
		if s := box.sender("EMAIL", settingsOf(p, "EMAIL").Routes); s != nil {
			got = s.Transport
		}
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.email, got, c.want)
		}
		if err := box.Ready(p, "email"); (c.want == "") != errors.Is(err, ErrNoSender) {
			t.Errorf("%+v: ready: %v", c.email, err)
		}
	}
	for _, c := range []struct {
		sms  *cognitoidp.SmsConfigurationType
		want string
	}{
		{nil, "text"},
		{&cognitoidp.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms", SnsRegion: "eu-west-1"}, "role"},
		{&cognitoidp.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/other", SnsRegion: "eu-west-1"}, "region"},
		{&cognitoidp.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/other", SnsRegion: "us-east-1"}, "text"},
		{&cognitoidp.SmsConfigurationType{EumsSms: &cognitoidp.EumsSmsConfigurationType{CallerArn: "arn:aws:iam::123456789012:role/sms"}}, "role"},
	} {
		p := &pool.Pool{Doc: cognitoidp.UserPoolType{SmsConfiguration: c.sms}}
		if s := box.sender("SMS", settingsOf(p, "SMS").Routes); s == nil || s.Transport != c.want {
			t.Errorf("%+v: got %+v, want %s", c.sms, s, c.want)
		}
	}
}

func TestFromMustBeOfTheSendersDomains(t *testing.T) {
	t.Parallel()
	s := Sender{Domains: []string{"example.com"}}
	for from, want := range map[string]bool{
		"": true, "a@example.com": true, "A <a@Example.COM>": true, "a@mail.example.com": true,
		"a@badexample.com": false, "a@example.com.evil.net": false, "a@example.net": false, "nonsense": false,
		`"a@example.com" <b@evil.net>`: false,
	} {
		if s.sends(from) != want {
			t.Errorf("%q: got %t", from, !want)
		}
	}
	if !(&Sender{}).sends("a@anything.net") {
		t.Error("a sender without domains does not send from any")
	}
}
