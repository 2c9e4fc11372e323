package mailtest

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Letter is what the relay accepted.
type Letter struct {
	From   string // of the envelope
	To     []string
	TLS    bool // whether it came over TLS
	Header mail.Header
	Body   string // decoded
	Raw    string
}

// Subject is the decoded subject.
func (l Letter) Subject() string {
	subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
	if err != nil {
		return l.Header.Get("Subject")
	}
	return subject
}

// parse reads the header and the body of Raw.
func (l *Letter) parse() error {
	m, err := mail.ReadMessage(strings.NewReader(l.Raw))
	if err != nil {
		return err
	}
	l.Header = m.Header
	body := m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	l.Body = strings.TrimRight(string(text), "\r\n")
	return err
}
