package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

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
	var secret error
	if a.WebhookSecret == "" {
		secret = errors.New("audit.webhook_secret is required when audit.webhook_url is set")
	}
	return errors.Join(checkCall("audit.webhook_url", a.WebhookURL, plainHTTP), secret)
}

// examine looks whether the file can be written, and who can read one that is there. It makes none.
func (a Audit) examine(f *Findings) {
	if a.File == "" {
		return
	}
	const setting = "audit.file"
	info, err := os.Stat(a.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		examineFolder(f, given{setting, filepath.Dir(a.File)})
		return
	case err != nil:
		f.wrong(setting, err.Error())
		return
	case !info.Mode().IsRegular():
		f.wrong(setting, a.File+" is no regular file")
		return
	}
	opened, err := os.OpenFile(a.File, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		f.wrong(setting, err.Error())
		return
	}
	_ = opened.Close() // nothing was written
	if exposed(info)&0o007 != 0 {
		f.doubtful(setting, fmt.Sprintf("everybody on this machine can read %s: chmod 600 %[1]s", a.File))
	}
}
