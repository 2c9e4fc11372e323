package trigger

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardea/spec/triggerevent"
)

// What stands in a text for what is put in later.
const (
	CodePlace     = "{####}"
	UsernamePlace = "{username}"
	linkParameter = "{##Click Here##}"
)

// LinkPlace is where a text wants a link; its group is the link's own text.
var LinkPlace = regexp.MustCompile(`(?s)\{##(.*?)##\}`)

// Lengths of texts, in characters.
const (
	maxMail    = 20_000
	maxSMS     = 140
	maxSubject = 140
)

// Medium says what a message is sent by. An invitation may be sent by both.
type Medium struct {
	Email, SMS bool
	Link       bool // the e-mail verifies by a link, not by a code
	NoCode     bool // the message has no code or password to show
}

// Texts are those of a message, before code and name are put in; an empty one leaves it to the pool's template.
type Texts struct {
	SMS, Email, Subject string
}

// CustomMessage asks for the texts of a message. Those for mediums that it is not sent by are dropped.
func (t Triggers) CustomMessage(ctx context.Context, c Call, by Medium) (Texts, error) {
	const name = triggerevent.CustomMessage
	if !c.has(name) {
		return Texts{}, nil
	}
	request := triggerevent.CustomMessageRequest{
		UserAttributes: c.attributes(), CodeParameter: CodePlace, LinkParameter: linkParameter, ClientMetadata: c.Metadata,
	}
	invitation := c.Occasion == triggerevent.AdminCreateUser
	if invitation {
		place := UsernamePlace
		request.UsernameParameter = &place
	}
	reply, err := t.ask(ctx, c, request)
	if err != nil {
		return Texts{}, err
	}
	response, err := read(name, reply, triggerevent.ReadCustomMessage)
	if err != nil {
		return Texts{}, err
	}

	var texts Texts
	if by.SMS {
		texts.SMS = response.SMSMessage
	}
	if by.Email {
		texts.Email, texts.Subject = response.EmailMessage, response.EmailSubject
	}
	if wrong := texts.wrong(by, invitation); wrong != "" {
		return Texts{}, invalid(name, "%s", wrong)
	}
	return texts, nil
}

// wrong says what is wrong with the texts; empty: nothing.
func (x Texts) wrong(by Medium, invitation bool) string {
	switch {
	case utf8.RuneCountInString(x.SMS) > maxSMS, utf8.RuneCountInString(x.Email) > maxMail, utf8.RuneCountInString(x.Subject) > maxSubject:
		return "a text is too long"
	case strings.ContainsFunc(x.Subject, unicode.IsControl):
		return "the subject has a control character"
	case strings.ContainsFunc(x.SMS+x.Email, isStrange):
		return "a text has a control character"
	case x.SMS != "" && !by.complete(x.SMS, invitation):
		return "the text message lacks a placeholder"
	case x.Email != "" && by.Link && !hasLink(x.Email):
		return "the e-mail lacks the placeholder of the link"
	case x.Email != "" && !by.Link && !by.complete(x.Email, invitation):
		return "the e-mail lacks a placeholder"
	}
	return ""
}

// isStrange reports whether a character has no place in a text.
func isStrange(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// hasLink reports whether a text has a place for a link, with a text for it. {####} is the place of a code.
func hasLink(text string) bool {
	place := LinkPlace.FindStringSubmatch(text)
	return place != nil && place[1] != ""
}

// complete reports whether a text has the placeholders that it must have.
func (m Medium) complete(text string, invitation bool) bool {
	return (m.NoCode || strings.Contains(text, CodePlace)) && (!invitation || strings.Contains(text, UsernamePlace))
}
