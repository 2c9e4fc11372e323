package config

import "errors"

// Audit says where the records of the audit log go; it is not kept where no place is named.
type Audit struct {
	// File is appended to, a record a line.
	File string `toml:"file"`
	// Stdout writes each record to standard output, too.
	Stdout bool `toml:"stdout"`
	// WebhookURL gets records in batches, signed with WebhookSecret, and WebhookNextSecret too while the former is being replaced.
	WebhookURL        string `toml:"webhook_url"`
	WebhookSecret     Secret `toml:"webhook_secret"`
	WebhookNextSecret Secret `toml:"webhook_next_secret"`
	// Required refuses requests while records would be lost.
	Required bool `toml:"required"`
	// DataEvents records the requests to the servers of S3 and DynamoDB behind the guard, too.
	DataEvents bool `toml:"data_events"`
}

// Kept reports whether there is an audit log.
func (a Audit) Kept() bool { return a.File != "" || a.Stdout || a.WebhookURL != "" }

func (a Audit) check(plainHTTP bool) error {
	if (a.Required || a.DataEvents) && !a.Kept() {
		return errors.New("audit: name a place for the records: file, stdout or webhook_url")
	}
	if a.WebhookURL == "" {
		return nil
	}
	if err := checkCall("audit.webhook_url", a.WebhookURL, plainHTTP); err != nil {
		return err
	}
	if a.WebhookSecret == "" {
		return errors.New("audit.webhook_secret is required when audit.webhook_url is set")
	}
	return nil
}
