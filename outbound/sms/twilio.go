package sms

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cardea/outbound/delivery"
)

// Twilio sends text messages by Twilio's REST API.
type Twilio struct {
	Account          string // its SID
	User, Password   string // of the API: an API key's SID and secret, or the account's SID and its token
	From             string // a phone number or sender ID; or
	MessagingService string // the SID of the service that chooses one
	Endpoint         string // in the place of Twilio's; empty: Twilio
	Client           *http.Client
}

// Codes of Twilio's errors ("Error and Warning Dictionary").
var twilioClasses = map[int]delivery.Class{
	21211: delivery.Refused, // not a phone number
	21217: delivery.Refused, // not a phone number
	21610: delivery.Refused, // the recipient has opted out
	21612: delivery.Refused, // not reachable from the sender's number
	21614: delivery.Refused, // not a mobile phone
	21635: delivery.Refused, // a landline
	14107: delivery.Throttled,
	20429: delivery.Throttled,
	21611: delivery.Throttled, // the sender's queue is full
}

// Send hands one text to Twilio; when it returns nil Twilio has taken responsibility for it. Errors are *delivery.Error.
func (s *Twilio) Send(ctx context.Context, t Text) error {
	form := url.Values{"To": {t.To}, "Body": {t.Body}}
	if s.MessagingService != "" {
		form.Set("MessagingServiceSid", s.MessagingService)
	} else {
		form.Set("From", s.From)
	}
	address := cmp.Or(s.Endpoint, "https://api.twilio.com") + "/2010-04-01/Accounts/" + url.PathEscape(s.Account) + "/Messages.json"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return &delivery.Error{Class: delivery.Misconfigured, Reason: "the endpoint of Twilio cannot be called"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.SetBasicAuth(s.User, s.Password)

	response, err := s.Client.Do(request)
	if err != nil {
		return delivery.Unreachable(err)
	}
	defer func() { _ = response.Body.Close() }() // all that matters of it was read
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if response.StatusCode/100 == 2 {
		return nil
	}

	var fault struct{ Code int }
	_ = json.Unmarshal(text, &fault) // without a code the status alone is judged
	failure := delivery.Status("Twilio", response)
	if fault.Code != 0 {
		failure.Reason += fmt.Sprintf(" %d", fault.Code)
	}
	failure.Class = cmp.Or(twilioClasses[fault.Code], failure.Class)
	return failure
}
