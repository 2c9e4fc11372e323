package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
	"cardea/outbound/sms"
	"cardea/spec/sigv4"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	text = sms.Text{ID: "m1", To: "+15551234567", Body: "Your code is 012345 & é. ", Pool: "us-east-1_AbC123xyz", Attempt: 1}
)

// provider is a server for one test, and the AWS service that it stands in for.
func provider(t *testing.T, name string, answer http.HandlerFunc) (*httptest.Server, *aws.Service) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server, &aws.Service{
		Name: name, Region: "eu-west-1", Endpoint: server.URL, Client: server.Client(),
		Key: sigv4.Key{ID: "AKIDEXAMPLE", Secret: "secret"}, Now: func() time.Time { return noon },
	}
}

// signed reads the body of a request and checks its signature.
func signed(t *testing.T, r *http.Request, service string) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	signature, err := sigv4.Parse(r)
	if err == nil {
		err = signature.Verify(r, body, sigv4.Check{Service: service, Secret: "secret", Now: noon})
	}
	if err != nil || signature.Region != "eu-west-1" {
		t.Errorf("signature: %v", err)
	}
	return string(body)
}

// TestSNSGetsTheRequestOfItsAPI compares with what AWS's SDK for Go (service/sns v1.39) sends for the same message.
func TestSNSGetsTheRequestOfItsAPI(t *testing.T) {
	t.Parallel()
	const want = `Action=Publish&Message=Your+code+is+012345+%26+%C3%A9.+&MessageAttributes.entry.1.Name=AWS.SNS.SMS.SMSType&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=Transactional&PhoneNumber=%2B15551234567&Version=2010-03-31`
	_, service := provider(t, "sns", func(_ http.ResponseWriter, r *http.Request) {
		got, _ := url.ParseQuery(signed(t, r, "sns"))
		wanted, err := url.ParseQuery(want)
		if diff := cmp.Diff(wanted, got); err != nil || diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		if kind := r.Header.Get("Content-Type"); r.URL.Path != "/" || kind != "application/x-www-form-urlencoded" {
			t.Errorf("path %s, type %s", r.URL.Path, kind)
		}
	})
	if err := (&sms.SNS{Service: service}).Send(t.Context(), text); err != nil {
		t.Error(err)
	}
}

func TestSNSGetsTheAttributesThatAreConfigured(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	_, service := provider(t, "sns", func(_ http.ResponseWriter, r *http.Request) {
		form, _ := url.ParseQuery(signed(t, r, "sns"))
		for _, n := range "12345" {
			entry := "MessageAttributes.entry." + string(n)
			got[form.Get(entry+".Name")] = form.Get(entry + ".Value.StringValue")
		}
	})
	indian := text
	indian.Entity, indian.Template = "e", "t"
	if err := (&sms.SNS{Service: service, SenderID: "Shop", Origination: "+15550001111"}).Send(t.Context(), indian); err != nil {
		t.Error(err)
	}
	want := map[string]string{
		"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": "Shop", "AWS.MM.SMS.OriginationNumber": "+15550001111",
		"AWS.MM.SMS.EntityId": "e", "AWS.MM.SMS.TemplateId": "t",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// TestEndUserMessagingGetsTheRequestOfItsAPI compares with what AWS's SDK for Go sends for the same message.
func TestEndUserMessagingGetsTheRequestOfItsAPI(t *testing.T) {
	t.Parallel()
	const want = `{"ConfigurationSetName":"codes","DestinationCountryParameters":{"IN_ENTITY_ID":"e","IN_TEMPLATE_ID":"t"},"DestinationPhoneNumber":"+15551234567","MessageBody":"Your code is 012345 & é. ","MessageType":"TRANSACTIONAL","OriginationIdentity":"Shop"}`
	_, service := provider(t, "sms-voice", func(_ http.ResponseWriter, r *http.Request) {
		var got, wanted any
		if json.Unmarshal([]byte(signed(t, r, "sms-voice")), &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
			t.Error("not JSON")
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		if r.Header.Get("X-Amz-Target") != "PinpointSMSVoiceV2.SendTextMessage" || r.Header.Get("Content-Type") != "application/x-amz-json-1.0" {
			t.Errorf("target %q, type %q", r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"))
		}
	})
	pools := text
	pools.Origination, pools.Entity, pools.Template = "Shop", "e", "t"
	sender := &sms.EndUserMessaging{Service: service, Origination: "other", ConfigurationSet: "codes"}
	if err := sender.Send(t.Context(), pools); err != nil {
		t.Error(err)
	}
}

// The form is that of "Messages resource" in Twilio's documentation.
func TestTwilioGetsTheRequestOfItsAPI(t *testing.T) {
	t.Parallel()
	var got url.Values
	server, _ := provider(t, "", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if r.Method != "POST" || r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "SK1" || password != "key" {
			t.Errorf("%s %s by %s:%s", r.Method, r.URL.Path, user, password)
		}
		_ = r.ParseForm()
		got = r.PostForm
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"sid":"SM1","status":"queued","error_code":null}`)
	})
	sender := sms.Twilio{Account: "AC1", User: "SK1", Password: "key", From: "+15550001111", Endpoint: server.URL, Client: server.Client()}
	service := sms.Twilio{Account: "AC1", User: "SK1", Password: "key", MessagingService: "MG1", Endpoint: server.URL, Client: server.Client()}
	for _, c := range []struct {
		sender *sms.Twilio
		want   url.Values
	}{
		{&sender, url.Values{"To": {text.To}, "Body": {text.Body}, "From": {"+15550001111"}}},
		{&service, url.Values{"To": {text.To}, "Body": {text.Body}, "MessagingServiceSid": {"MG1"}}},
	} {
		if err := c.sender.Send(t.Context(), text); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("form (-want +got):\n%s", diff)
		}
	}
}

func TestErrorsOfProvidersAreTakenForWhatTheyMean(t *testing.T) {
	t.Parallel()
	sns := func(code, message string) string {
		return `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>` + code +
			`</Code><Message>` + message + `</Message></Error><RequestId>1</RequestId></ErrorResponse>`
	}
	for _, c := range []struct {
		provider string
		status   int
		body     string
		code     string // in the log
		want     delivery.Class
	}{
		{"sns", 403, sns("AuthorizationError", "no"), "AuthorizationError", delivery.Misconfigured},
		{"sns", 403, sns("InvalidClientTokenId", "no"), "InvalidClientTokenId", delivery.Misconfigured},
		{"sns", 400, sns("InvalidParameter", "Invalid parameter: PhoneNumber Reason: +15551234567 is not valid"), "InvalidParameter", delivery.Refused},
		{"sns", 400, sns("InvalidParameter", "Invalid parameter: Cannot publish to opted out phone number"), "InvalidParameter", delivery.Refused},
		{"sns", 400, sns("InvalidParameter", "Invalid parameter: SenderID"), "InvalidParameter", delivery.Misconfigured},
		{"sns", 400, sns("OptedOut", ""), "OptedOut", delivery.Refused},
		{"sns", 400, sns("Throttling", "Rate exceeded"), "Throttling", delivery.Throttled},
		{"sns", 500, sns("InternalError", ""), "InternalError", delivery.Transient},
		{"sns", 502, "<html>", "502", delivery.Transient},

		{"eum", 400, `{"__type":"com.amazonaws.pinpointsmsvoicev2#ConflictException","Reason":"DESTINATION_PHONE_NUMBER_OPTED_OUT"}`, "ConflictException", delivery.Refused},
		{"eum", 400, `{"__type":"ConflictException","Reason":"RESOURCE_NOT_ACTIVE"}`, "ConflictException", delivery.Misconfigured},
		{"eum", 400, `{"__type":"ValidationException","Reason":"DESTINATION_COUNTRY_BLOCKED"}`, "ValidationException", delivery.Refused},
		{"eum", 400, `{"__type":"ValidationException","Reason":"FIELD_VALIDATION_FAILED","Fields":[{"Name":"destinationPhoneNumber"}]}`, "ValidationException", delivery.Refused},
		{"eum", 400, `{"__type":"ValidationException","Reason":"INVALID_PARAMETER"}`, "ValidationException", delivery.Misconfigured},
		{"eum", 400, `{"__type":"ResourceNotFoundException"}`, "ResourceNotFoundException", delivery.Misconfigured},
		{"eum", 400, `{"__type":"ServiceQuotaExceededException","Reason":"MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}`, "ServiceQuotaExceededException", delivery.Misconfigured},
		{"eum", 400, `{"__type":"ThrottlingException"}`, "ThrottlingException", delivery.Throttled},
		{"eum", 400, `{"__type":"AccessDeniedException"}`, "AccessDeniedException", delivery.Misconfigured},

		{"twilio", 400, `{"code":21211,"message":"The 'To' number +15551234567 is not valid","status":400}`, "21211", delivery.Refused},
		{"twilio", 400, `{"code":21610}`, "21610", delivery.Refused},
		{"twilio", 400, `{"code":21212}`, "21212", delivery.Misconfigured},
		{"twilio", 401, `{"code":20003}`, "20003", delivery.Misconfigured},
		{"twilio", 429, `{"code":20429}`, "20429", delivery.Throttled},
		{"twilio", 503, ``, "503", delivery.Transient},
	} {
		server, service := provider(t, c.provider, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			if c.status == 503 {
				w.Header().Del("Retry-After")
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		sender := map[string]func(context.Context, sms.Text) error{
			"sns":    (&sms.SNS{Service: service}).Send,
			"eum":    (&sms.EndUserMessaging{Service: service}).Send,
			"twilio": (&sms.Twilio{Endpoint: server.URL, Client: server.Client()}).Send,
		}[c.provider]
		err := sender(t.Context(), text)
		if delivery.Of(err) != c.want || !strings.Contains(err.Error(), c.code) || strings.Contains(err.Error(), "5551234567") {
			t.Errorf("%s %d %s: got %v, want %s", c.provider, c.status, c.body, err, c.want)
		}
		if failure, _ := errors.AsType[*delivery.Error](err); c.want == delivery.Throttled && failure.After != 7*time.Second {
			t.Errorf("%s: pause of %s, want what Retry-After says", c.body, failure.After)
		}
	}
}
