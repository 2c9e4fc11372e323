package sms

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
)

// EndUserMessaging sends text messages by SendTextMessage of AWS End User Messaging SMS, as transactional messages.
type EndUserMessaging struct {
	Service          *aws.Service
	Origination      string // a phone number, a sender ID, a pool, or the ARN of one; may be empty
	ConfigurationSet string // may be empty
}

type endUserRequest struct {
	To               string            `json:"DestinationPhoneNumber"`
	Origination      string            `json:"OriginationIdentity,omitempty"`
	Body             string            `json:"MessageBody"`
	Type             string            `json:"MessageType"`
	ConfigurationSet string            `json:"ConfigurationSetName,omitempty"`
	Parameters       map[string]string `json:"DestinationCountryParameters,omitempty"`
}

// Send hands one text to the service; when it returns nil the service has taken responsibility for it. Errors are
// *delivery.Error.
func (s *EndUserMessaging) Send(ctx context.Context, t Text) error {
	request := endUserRequest{
		To: t.To, Body: t.Body, Type: "TRANSACTIONAL",
		Origination:      cmp.Or(t.Origination, s.Origination),
		ConfigurationSet: cmp.Or(t.ConfigurationSet, s.ConfigurationSet),
	}
	for name, value := range map[string]string{"IN_ENTITY_ID": t.Entity, "IN_TEMPLATE_ID": t.Template} {
		if value == "" {
			continue
		}
		if request.Parameters == nil {
			request.Parameters = map[string]string{}
		}
		request.Parameters[name] = value
	}
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode text message: %w", err)
	}

	fault, err := s.Service.Do(ctx, aws.Call{
		Path: "/", ContentType: "application/x-amz-json-1.0", Target: "PinpointSMSVoiceV2.SendTextMessage", Body: body,
	})
	if fault == nil {
		return err
	}
	return fault.Failure("AWS End User Messaging", endUserClass(fault))
}

// endUserClass is what the service's own codes mean, with the reason that is given beside them.
func endUserClass(f *aws.Fault) delivery.Class {
	var detail struct {
		Reason string
		Fields []struct{ Name string }
	}
	_ = json.Unmarshal([]byte(f.Text), &detail) // without a reason the code alone is judged
	switch f.Code {
	case "ConflictException":
		if detail.Reason == "DESTINATION_PHONE_NUMBER_OPTED_OUT" {
			return delivery.Refused
		}
		return delivery.Misconfigured
	case "ValidationException":
		if strings.HasPrefix(detail.Reason, "DESTINATION_") {
			return delivery.Refused
		}
		for _, field := range detail.Fields {
			if strings.EqualFold(field.Name, "DestinationPhoneNumber") {
				return delivery.Refused
			}
		}
		return delivery.Misconfigured
	case "ResourceNotFoundException", "ServiceQuotaExceededException":
		return delivery.Misconfigured
	}
	return ""
}
