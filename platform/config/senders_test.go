package config_test

import (
	"strings"
	"testing"
)

const someSenders = minimal + `
[[senders]]
name = "shop-mail"
transport = "ses"
match = ["default", "arn:aws:ses:eu-west-1:123456789012:identity/example.com"]
domains = ["example.com"]
from = "no-reply@example.com"
region = "eu-west-1"

[[senders]]
name = "relay"
transport = "smtp"
match = ["example.net"]
host = "smtp.example.net"
from = "a@example.net"
password = "s3cret"

[[senders]]
name = "twilio"
transport = "twilio"
match = ["default"]
account = "AC1"
from = "+15550001111"
`

func TestSendersAreReadWithSecretsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	c, err := load(t, someSenders, "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=awss3cret", "CARDEA_SENDER_TWILIO_PASSWORD=t0ken",
		"CARDEA_SENDER_SHOP_MAIL_CONFIGURATION_SET=codes")
	if err != nil {
		t.Fatal(err)
	}
	ses, relay, twilio := c.Senders[0], c.Senders[1], c.Senders[2]
	if ses.AccessKeyID != "AKID" || ses.SecretAccessKey.Reveal() != "awss3cret" || ses.ConfigurationSet != "codes" {
		t.Errorf("ses: %+v", ses)
	}
	if relay.Port != 587 || relay.TLS != "starttls" || twilio.Password.Reveal() != "t0ken" || twilio.Username != "AC1" {
		t.Errorf("relay %+v, twilio %+v", relay, twilio)
	}

	text, err := c.Show()
	if err != nil || strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") || !strings.Contains(text, "shop-mail") {
		t.Errorf("shown, %v:\n%s", err, text)
	}
	if c.Senders[1].Password.Reveal() != "s3cret" {
		t.Error("showing a configuration changes it")
	}
}

func TestSendersThatCannotSendAreRefused(t *testing.T) {
	t.Parallel()
	sender := func(settings string) string { return minimal + "[[senders]]\n" + settings + "\n" }
	for want, text := range map[string]string{
		`transport: "fax" is none of`:                         sender(`transport = "fax"`),
		"senders 1: match is required":                        sender("transport = \"webhook\"\nurl = \"https://h\"\nsecret = \"s\""),
		"url is required for webhook":                         sender("transport = \"webhook\"\nmatch = [\"default\"]\nsecret = \"s\""),
		"host is no setting of webhook":                       sender("transport = \"webhook\"\nmatch = [\"default\"]\nsecret = \"s\"\nurl = \"https://h\"\nhost = \"x\""),
		"url: use https":                                      sender("transport = \"webhook\"\nmatch = [\"default\"]\nsecret = \"s\"\nurl = \"http://h\""),
		"access_key_id and secret_access_key":                 sender("transport = \"sns\"\nmatch = [\"default\"]\nregion = \"eu-west-1\""),
		`region: "Europe" is not`:                             sender("transport = \"sns\"\nmatch = [\"default\"]\nregion = \"Europe\""),
		"one of from and messaging_service":                   sender("transport = \"twilio\"\nmatch = [\"default\"]\naccount = \"a\"\npassword = \"p\""),
		`tls: "maybe" is none of`:                             sender("transport = \"smtp\"\nmatch = [\"default\"]\nhost = \"h\"\nfrom = \"a@b.c\"\ntls = \"maybe\""),
		`senders 4: another sender matches "EXAMPLE.NET" too`: someSenders + "[[senders]]\ntransport = \"smtp\"\nhost = \"h\"\nfrom = \"a@b.c\"\nmatch = [\"EXAMPLE.NET\"]",
		"senders 4 (relay): another sender has this name":     someSenders + "[[senders]]\nname = \"relay\"\ntransport = \"smtp\"\nhost = \"h\"\nfrom = \"a@b.c\"\nmatch = [\"x\"]",
		`senders.hots: unknown setting, in line 3`:            sender(`hots = "x"`),
	} {
		_, err := load(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := load(t, minimal, "CARDEA_SENDER_NOBODY_PASSWORD=x"); err == nil || !strings.Contains(err.Error(), "unknown setting") {
		t.Errorf("a variable of no sender: got %v", err)
	}
}
