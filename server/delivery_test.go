package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/spec/cognitoidp"
	"cardea/spec/sigv4"
)

// provider is a server that stands in for SES and SNS and keeps what they are asked to send.
type provider struct {
	*httptest.Server
	mails []string // From, To and HTML, in a line
	texts []string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	a := &provider{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		service := map[bool]string{true: "ses", false: "sns"}[r.URL.Path != "/"]
		signature, err := sigv4.Parse(r)
		if err == nil {
			err = signature.Verify(r, body, sigv4.Check{Service: service, Secret: "secret", Now: signature.Time})
		}
		if err != nil {
			t.Errorf("%s: %v", service, err)
		}
		if service == "sns" {
			form, _ := url.ParseQuery(string(body))
			a.texts = append(a.texts, form.Get("PhoneNumber")+" "+form.Get("Message"))
			return
		}
		var letter struct {
			FromEmailAddress string
			Destination      struct{ ToAddresses []string }
			Content          struct {
				Simple struct {
					Body struct{ Text, Html struct{ Data string } }
				}
			}
		}
		if err := json.Unmarshal(body, &letter); err != nil {
			t.Error(err)
		}
		content := letter.Content.Simple.Body
		a.mails = append(a.mails, letter.FromEmailAddress+" "+letter.Destination.ToAddresses[0]+" "+content.Text.Data+content.Html.Data)
	}))
	t.Cleanup(a.Close)
	return a
}

func TestMessagesLeaveByTheSendersOfTheirPools(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		provider := newProvider(t)
		sender := func(transport, match string) config.Sender {
			return config.Sender{
				Transport: transport, Match: []string{match}, Domains: []string{"example.com"}, From: "default@example.com",
				Region: "us-east-1", Endpoint: provider.URL, AccessKeyID: "AKID", SecretAccessKey: "secret",
			}
		}
		srv, err := New(t.Context(), Config{
			Addr: "127.0.0.1:0", PublicURL: "http://localhost", Region: "us-east-1", Account: "123456789012",
			Database: database, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Test: Test{FastDatabase: true},
			Senders:  []config.Sender{sender("ses", "default"), sender("ses", "shop.example.com"), sender("sns", "default")},
			Outgoing: config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()

		email := &cognitoidp.EmailConfigurationType{
			EmailSendingAccount: "DEVELOPER", SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/shop.example.com", From: "Shop <a@shop.example.com>",
		}
		for _, pool := range []*cognitoidp.CreateUserPoolRequest{
			{PoolName: "default", AutoVerifiedAttributes: []string{"email"}},
			{PoolName: "own", AutoVerifiedAttributes: []string{"email"}, EmailConfiguration: email},
			{
				PoolName: "text", AutoVerifiedAttributes: []string{"phone_number"},
				SmsConfiguration: &cognitoidp.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::123456789012:role/sms"},
			},
		} {
			signUp(t, srv, pool)
		}
		if err := srv.RunJob(t.Context(), "deliver messages"); err != nil {
			t.Fatal(err)
		}
		if len(provider.mails) != 2 || len(provider.texts) != 1 {
			t.Fatalf("sent %q and %q", provider.mails, provider.texts)
		}
		all := strings.Join(append(provider.mails, provider.texts...), "\n")
		for _, want := range []string{
			"<default@example.com> jane@example.org Your verification code is ",
			`"Shop" <a@shop.example.com> jane@example.org Your verification code is `,
			"+15551234567 Your verification code is ",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("no message %q in\n%s", want, all)
			}
		}
	})
}

// signUp makes a pool and signs a user up.
func signUp(t *testing.T, srv *Server, settings *cognitoidp.CreateUserPoolRequest) {
	t.Helper()
	pool, err := srv.API.Userpool.CreateUserPool(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	client, err := srv.API.Appclient.CreateUserPoolClient(t.Context(), &cognitoidp.CreateUserPoolClientRequest{UserPoolId: pool.UserPool.Id, ClientName: "c"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = srv.API.Signup.SignUp(t.Context(), &cognitoidp.SignUpRequest{
		ClientId: client.UserPoolClient.ClientId, Username: "jane", Password: "Correct-horse-1",
		UserAttributes: []cognitoidp.AttributeType{{Name: "email", Value: "jane@example.org"}, {Name: "phone_number", Value: "+15551234567"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
