package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
)

// SES sends letters by SendEmail of Amazon SES's API, version 2.
type SES struct {
	Service          *aws.Service
	From             string // who letters are from that do not say it themselves
	ConfigurationSet string // of letters that do not name one; may be empty
}

// The request of SendEmail, as far as it is used.
type (
	sesRequest struct {
		From             string     `json:"FromEmailAddress"`
		To               sesTo      `json:"Destination"`
		ReplyTo          []string   `json:"ReplyToAddresses,omitempty"`
		Content          sesContent `json:"Content"`
		ConfigurationSet string     `json:"ConfigurationSetName,omitempty"`
	}
	sesTo struct {
		Addresses []string `json:"ToAddresses"`
	}
	sesContent struct {
		Simple sesSimple `json:"Simple"`
	}
	sesSimple struct {
		Subject sesText     `json:"Subject"`
		Body    sesBody     `json:"Body"`
		Headers []sesHeader `json:"Headers"`
	}
	sesBody struct {
		Text *sesText `json:"Text,omitempty"`
		HTML *sesText `json:"Html,omitempty"`
	}
	sesText struct {
		Data    string `json:"Data"`
		Charset string `json:"Charset"`
	}
	sesHeader struct {
		Name  string `json:"Name"`
		Value string `json:"Value"`
	}
)

// Send hands one letter to SES; when it returns nil SES has taken responsibility for it. Errors are *delivery.Error.
func (s *SES) Send(ctx context.Context, l Letter) error {
	a, err := address(l, s.From)
	if err != nil {
		return err
	}
	request := sesRequest{
		From:             a.from.String(),
		To:               sesTo{[]string{a.To}},
		ConfigurationSet: l.ConfigurationSet,
		Content: sesContent{sesSimple{
			Subject: sesText{a.Subject, "UTF-8"},
			Headers: []sesHeader{{"Auto-Submitted", "auto-generated"}},
		}},
	}
	if request.ConfigurationSet == "" {
		request.ConfigurationSet = s.ConfigurationSet
	}
	if a.replyTo != nil {
		request.ReplyTo = []string{a.replyTo.String()}
	}
	text, body := &sesText{a.Body, "UTF-8"}, &request.Content.Simple.Body
	if a.HTML {
		body.HTML = text
	} else {
		body.Text = text
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode letter: %w", err)
	}

	fault, err := s.Service.Do(ctx, aws.Call{Path: "/v2/email/outbound-emails", ContentType: "application/json", Body: encoded})
	if fault == nil {
		return err
	}
	return fault.Failure("SES", sesClass(fault))
}

// sesClass is what SES's own codes mean.
func sesClass(f *aws.Fault) delivery.Class {
	switch f.Code {
	case "MailFromDomainNotVerifiedException", "SendingPausedException", "AccountSuspendedException", "NotFoundException":
		return delivery.Misconfigured
	case "MessageRejected":
		if strings.Contains(f.Text, "not verified") {
			return delivery.Misconfigured
		}
		return delivery.Refused
	case "BadRequestException":
		return delivery.Refused
	case "LimitExceededException":
		return delivery.Throttled
	}
	return ""
}
