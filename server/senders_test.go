package server

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
)

// matches lists the transports of senders with what they match.
func matches(t *testing.T, c Config) map[string][]string {
	t.Helper()
	all, err := newSenders(c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, s := range all.list {
		if (s.Mail == nil) == (s.Text == nil) {
			t.Errorf("%s sends neither or both of mails and texts", s.Transport)
		}
		got[s.Transport] = s.Match
	}
	return got
}

func TestSingleSettingsAreTheSendersOfAllOthers(t *testing.T) {
	t.Parallel()
	single := Config{SMTP: config.SMTP{Host: "h"}, SMS: config.SMS{WebhookURL: "https://h"}}
	mixed := single
	mixed.Senders = []config.Sender{{Transport: "ses", Match: []string{"Example.com"}}}
	several := Config{}
	for _, transport := range []string{"smtp", "ses", "sns", "end_user_messaging", "twilio", "webhook"} {
		several.Senders = append(several.Senders, config.Sender{Transport: transport, Match: []string{transport}})
	}
	dev := single
	dev.Dev = true
	for name, c := range map[string]struct {
		config Config
		want   map[string][]string
	}{
		"alone":              {single, map[string][]string{"smtp": {"default", "*"}, "webhook": {"default", "*"}}},
		"beside one of mail": {mixed, map[string][]string{"ses": {"example.com"}, "smtp": {"default"}, "webhook": {"default", "*"}}},
		"every transport": {several, map[string][]string{
			"smtp": {"smtp"}, "ses": {"ses"}, "sns": {"sns"}, "end_user_messaging": {"end_user_messaging"}, "twilio": {"twilio"}, "webhook": {"webhook"},
		}},
		"development": {dev, map[string][]string{}},
	} {
		if diff := cmp.Diff(c.want, matches(t, c.config)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
