package sms

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
)

// SNS sends text messages by Publish of Amazon SNS, as transactional messages.
type SNS struct {
	Service     *aws.Service
	SenderID    string // shown as the sender where a country allows it; may be empty
	Origination string // the phone number to send from; may be empty
}

// Send hands one text to SNS; when it returns nil SNS has taken responsibility for it. Errors are *delivery.Error.
func (s *SNS) Send(ctx context.Context, t Text) error {
	form := url.Values{
		"Action":      {"Publish"},
		"Version":     {"2010-03-31"},
		"PhoneNumber": {t.To},
		"Message":     {t.Body},
	}
	entry := 0
	for _, attribute := range [][2]string{
		{"AWS.SNS.SMS.SMSType", "Transactional"},
		{"AWS.SNS.SMS.SenderID", s.SenderID},
		{"AWS.MM.SMS.OriginationNumber", cmp.Or(t.Origination, s.Origination)},
		{"AWS.MM.SMS.EntityId", t.Entity},
		{"AWS.MM.SMS.TemplateId", t.Template},
	} {
		if attribute[1] == "" {
			continue
		}
		entry++
		name := "MessageAttributes.entry." + strconv.Itoa(entry)
		form.Set(name+".Name", attribute[0])
		form.Set(name+".Value.DataType", "String")
		form.Set(name+".Value.StringValue", attribute[1])
	}

	fault, err := s.Service.Do(ctx, aws.Call{
		Path: "/", ContentType: "application/x-www-form-urlencoded", Body: []byte(form.Encode()),
	})
	if fault == nil {
		return err
	}
	return fault.Failure("SNS", snsClass(fault))
}

// snsClass is what SNS's own codes mean.
func snsClass(f *aws.Fault) delivery.Class {
	switch f.Code {
	case "OptedOut", "OptedOutException":
		return delivery.Refused
	case "InvalidParameter":
		if strings.Contains(f.Text, "PhoneNumber") || strings.Contains(f.Text, "phone number") {
			return delivery.Refused // no phone number, or one that has opted out
		}
		return delivery.Misconfigured
	}
	return ""
}
