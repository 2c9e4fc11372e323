package mail_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
	"cardea/outbound/mail"
	"cardea/spec/sigv4"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ses is a sender whose service is answer.
func ses(t *testing.T, answer http.HandlerFunc) *mail.SES {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return &mail.SES{From: "no-reply@example.com", ConfigurationSet: "codes", Service: &aws.Service{
		Name: "ses", Host: "email", Region: "eu-west-1", Endpoint: server.URL, Client: server.Client(),
		Key: sigv4.Key{ID: "AKIDEXAMPLE", Secret: "secret"}, Now: func() time.Time { return noon },
	}}
}

// TestSESGetsTheRequestOfItsAPI compares with what AWS's SDK for Go sends for the same letter.
func TestSESGetsTheRequestOfItsAPI(t *testing.T) {
	t.Parallel()
	const want = `{"ConfigurationSetName":"codes","Content":{"Simple":{"Body":{"Html":{"Charset":"UTF-8","Data":"<b>012345</b> & é"}},"Headers":[{"Name":"Auto-Submitted","Value":"auto-generated"}],"Subject":{"Charset":"UTF-8","Data":"Your verification code"}}},"Destination":{"ToAddresses":["jane@example.org"]},"FromEmailAddress":"\"Shop\" <shop@example.com>","ReplyToAddresses":["<help@example.com>"]}`
	sender := ses(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got := r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type"); got != "POST /v2/email/outbound-emails application/json" {
			t.Error(got)
		}
		var got, wanted any
		if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
			t.Errorf("not JSON: %s", body)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		signature, err := sigv4.Parse(r)
		if err == nil {
			err = signature.Verify(r, body, sigv4.Check{Service: "ses", Secret: "secret", Now: noon})
		}
		if err != nil || signature.Region != "eu-west-1" {
			t.Errorf("signature: %v", err)
		}
		_, _ = io.WriteString(w, `{"MessageId":"1"}`)
	})
	err := sender.Send(t.Context(), mail.Letter{
		From: "Shop <shop@example.com>", ReplyTo: "help@example.com", To: "jane@example.org",
		Subject: "Your verification code", Body: "<b>012345</b> & é", HTML: true,
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSESHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	called := false
	sender := ses(t, func(_ http.ResponseWriter, r *http.Request) {
		called = true
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `\r`) || strings.Contains(string(body), `\n`) {
			t.Errorf("a line break in %s", body)
		}
	})
	evil := mail.Letter{To: "a@example.org", Subject: "Hello\r\nBcc: b@example.org", Body: "x"}
	if err := sender.Send(t.Context(), evil); err != nil || !called {
		t.Error(err)
	}
	evil.To = "a@example.org, b@example.org"
	if err := sender.Send(t.Context(), evil); delivery.Of(err) != delivery.Refused {
		t.Errorf("two recipients: got %v", err)
	}
}

func TestSESErrorsAreTakenForWhatTheyMean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		code, text string
		want       delivery.Class
	}{
		{400, "MailFromDomainNotVerifiedException", "", delivery.Misconfigured},
		{400, "SendingPausedException", "", delivery.Misconfigured},
		{400, "AccountSuspendedException", "", delivery.Misconfigured},
		{404, "NotFoundException", "Configuration set <codes> does not exist.", delivery.Misconfigured},
		{400, "MessageRejected", "Email address is not verified. jane@example.org", delivery.Misconfigured},
		{400, "MessageRejected", "It has a virus.", delivery.Refused},
		{400, "BadRequestException", "Domain contains illegal character", delivery.Refused},
		{400, "LimitExceededException", "Daily message quota exceeded.", delivery.Throttled},
		{429, "TooManyRequestsException", "Maximum sending rate exceeded.", delivery.Throttled},
		{403, "SignatureDoesNotMatch", "", delivery.Misconfigured},
		{403, "UnrecognizedClientException", "", delivery.Misconfigured},
		{403, "", "", delivery.Misconfigured},
		{500, "InternalServiceErrorException", "", delivery.Transient},
	} {
		sender := ses(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", c.code+":http://internal.amazon.com/coral/com.amazonaws.ses/")
			w.WriteHeader(c.status)
			_ = json.NewEncoder(w).Encode(map[string]string{"message": c.text})
		})
		err := sender.Send(t.Context(), letter)
		if delivery.Of(err) != c.want || !strings.Contains(err.Error(), c.code) || strings.Contains(err.Error(), "jane") {
			t.Errorf("%d %s %q: got %v, want %s", c.status, c.code, c.text, err, c.want)
		}
	}
}
