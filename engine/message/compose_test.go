package message

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

func pagesURL(*pool.Pool) string { return "https://auth.example.com" }

const (
	address = "https://auth.example.com/confirmUser?client_id=app&amp;confirmation_code=%3C1%3E&amp;user_name=%7B%23%23%23%23%7D"
	link    = `<a href="` + address + `">`
)

// linking is a pool that verifies by link.
func linking(body, subject string) pool.Pool {
	return pool.Pool{Doc: cognitoidp.UserPoolType{VerificationMessageTemplate: &cognitoidp.VerificationMessageTemplateType{
		EmailMessageByLink: body, EmailSubjectByLink: subject, DefaultEmailOption: "CONFIRM_WITH_LINK",
	}}}
}

func TestComposePicksThePoolsTemplate(t *testing.T) {
	t.Parallel()
	custom := pool.Pool{Doc: cognitoidp.UserPoolType{
		EmailVerificationSubject: "legacy subject",
		SmsVerificationMessage:   "legacy {####}",
		VerificationMessageTemplate: &cognitoidp.VerificationMessageTemplateType{
			EmailMessage: "mail {####}", EmailMessageByLink: "{##here##}", DefaultEmailOption: "CONFIRM_WITH_LINK",
		},
		AdminCreateUserConfig: &cognitoidp.AdminCreateUserConfigType{InviteMessageTemplate: &cognitoidp.MessageTemplateType{
			EmailMessage: "<b>{username}</b>: {####}", EmailSubject: "Hi {username}", SMSMessage: "{username} {####}"}},
		SmsAuthenticationMessage: "auth {####}",
	}}
	mfa := pool.Pool{Doc: custom.Doc, MFA: cognitoidp.GetUserPoolMfaConfigResponse{
		EmailMfaConfiguration: &cognitoidp.EmailMfaConfigType{Message: "mfa mail {####}", Subject: "mfa subject"},
		SmsMfaConfiguration:   &cognitoidp.SmsMfaConfigType{SmsAuthenticationMessage: "mfa text {####}"},
	}}
	for _, c := range []struct {
		name      string
		pool      pool.Pool
		kind      Kind
		attribute string
		want      content
	}{
		{"default mail", pool.Pool{}, SignUp, "email", content{Subject: "Your verification code", Body: "Your verification code is <1>. "}},
		{"default text", pool.Pool{}, ForgotPassword, "phone_number", content{Body: "Your verification code is <1>. "}},
		{"default invitation", pool.Pool{}, AdminCreateUser, "email", content{Subject: "Your temporary password", Body: "Your username is {####} and temporary password is <1>. "}},
		{"default authentication", pool.Pool{}, Authentication, "email", content{Subject: "Your authentication code", Body: "Your authentication code is <1>. "}},
		{"a link", custom, SignUp, "email", content{Subject: "Your verification link", Body: link + "here</a>", HTML: true}},
		{"a link again", custom, ResendCode, "email", content{Subject: "Your verification link", Body: link + "here</a>", HTML: true}},
		{"the default link", linking("", ""), SignUp, "email", content{Subject: "Your verification link", Body: "Please click the link below to verify your email address. " + link + "Verify Email</a> ", HTML: true}},
		{"a link of one's own", linking("To {##a\n<b>b</b>##} or {####}.", "Confirm {####}"), SignUp, "email", content{Subject: "Confirm {####}", Body: "To " + link + "a\n<b>b</b></a> or " + link + address + "</a>.", HTML: true}},
		{"a code besides links", custom, ForgotPassword, "email", content{Subject: "legacy subject", Body: "mail <1>"}},
		{"a code to a new address besides links", custom, UpdateUserAttribute, "email", content{Subject: "legacy subject", Body: "mail <1>"}},
		{"a text message besides links", custom, SignUp, "phone_number", content{Body: "legacy <1>"}},
		{"legacy text", custom, ResendCode, "phone_number", content{Body: "legacy <1>"}},
		{"invitation in HTML", custom, AdminCreateUser, "email", content{Subject: "Hi {####}", Body: "<b>{####}</b>: &lt;1&gt;", HTML: true}},
		{"invitation as text", custom, AdminCreateUser, "phone_number", content{Body: "{####} <1>"}},
		{"authentication by mail", mfa, Authentication, "email", content{Subject: "mfa subject", Body: "mfa mail <1>"}},
		{"a text message of MFA", mfa, Authentication, "phone_number", content{Body: "mfa text <1>"}},
		{"authentication as text", custom, Authentication, "phone_number", content{Body: "auth <1>"}},
	} {
		// The code has what HTML must escape, the user name what could be taken for a placeholder.
		m := Message{App: access.App{Pool: &c.pool, Client: &client.Client{ID: "app"}}, Kind: c.kind, Attribute: c.attribute, Code: "<1>", Username: "{####}"}
		c.want.Code, c.want.Routes = "<1>", []string{MatchDefault, MatchAny}
		if diff := cmp.Diff(c.want, (&Outbox{Pages: pagesURL}).write(m), cmp.AllowUnexported(content{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestShowsCodeLooksIntoTheTemplateOfItsMedium(t *testing.T) {
	t.Parallel()
	custom := pool.Pool{Doc: cognitoidp.UserPoolType{AdminCreateUserConfig: &cognitoidp.AdminCreateUserConfigType{
		InviteMessageTemplate: &cognitoidp.MessageTemplateType{EmailMessage: "Welcome", EmailSubject: "{####}", SMSMessage: "Welcome"},
	}}}
	for _, c := range []struct {
		pool      pool.Pool
		kind      Kind
		attribute string
		want      bool
	}{
		{pool.Pool{}, AdminCreateUser, "email", true},
		{pool.Pool{}, AdminCreateUser, "phone_number", true},
		{custom, AdminCreateUser, "email", true},
		{custom, AdminCreateUser, "phone_number", false},
		{custom, SignUp, "phone_number", true},
	} {
		if got := (Message{App: access.App{Pool: &c.pool}, Kind: c.kind, Attribute: c.attribute}).ShowsCode(); got != c.want {
			t.Errorf("%s to %s: %v, want %v", c.kind, c.attribute, got, c.want)
		}
	}
}

func TestMaskHidesAllButAHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ attribute, value, want string }{
		{"email", "test@test.com", "t***@t***"},
		{"email", "j@g", "j***@g***"},
		{"email", "étienne@exämple.org", "é***@e***"},
		{"email", "", "***@***"},
		{"phone_number", "+12345678920", "+*******8920"},
		{"phone_number", "+123", "+123"},
	} {
		if got := Mask(c.attribute, c.value); got != c.want {
			t.Errorf("%s: got %s, want %s", c.value, got, c.want)
		}
	}
}

func TestValuesWithControlCharactersAreNotComposed(t *testing.T) {
	t.Parallel()
	box := Outbox{Keep: true}
	for _, evil := range []string{"a\r\nBcc: b@example.org", "a\nb", "a\rb", "a\x00b", "a\x1bb", "a\u0085b"} {
		for name, m := range map[string]Message{
			"username": {Username: evil, Kind: AdminCreateUser},
			"code":     {Code: evil},
			"address":  {To: evil},
		} {
			m.Pool, m.Attribute = &pool.Pool{}, "email"
			if _, err := box.Compose(t.Context(), m); !errors.Is(err, ErrNoSender) {
				t.Errorf("%s %q: got %v, want ErrNoSender", name, evil, err)
			}
		}
	}
	if _, err := box.Compose(t.Context(), Message{App: access.App{Pool: &pool.Pool{}}, Attribute: "email", To: "jörg@exämple.org", Username: "Jörg 'O <Neil> & \"Sons\""}); err != nil {
		t.Errorf("an ordinary name: %v", err)
	}
}

func TestValuesAreEscapedInHTMLOnly(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"<p>{username}: {####}</p>": "<p>&lt;a href=&#34;//x&#34;&gt;&amp;: &lt;b&gt;</p>",
		"{username}: {####}":        `<a href="//x">&: <b>`,
	} {
		p := &pool.Pool{Doc: cognitoidp.UserPoolType{AdminCreateUserConfig: &cognitoidp.AdminCreateUserConfigType{
			InviteMessageTemplate: &cognitoidp.MessageTemplateType{EmailMessage: template, EmailSubject: "{username}", SMSMessage: template}}}}
		m := Message{App: access.App{Pool: p}, Kind: AdminCreateUser, Attribute: "email", Username: `<a href="//x">&`, Code: "<b>"}
		got := new(Outbox).write(m)
		if got.Body != want || got.Subject != m.Username {
			t.Errorf("%s: got %q with subject %q", template, got.Body, got.Subject)
		}
		if got.HTML != strings.HasPrefix(template, "<p>") {
			t.Errorf("%s: HTML is %t", template, got.HTML)
		}
		m.Attribute = "phone_number"
		if got := new(Outbox).write(m); strings.Contains(got.Body, "&lt;") {
			t.Errorf("a text message is escaped: %q", got.Body)
		}
	}
}

func TestAddressesThatCannotBeReachedAreKnownAtOnce(t *testing.T) {
	t.Parallel()
	box := Outbox{Keep: true, Limits: Limits{Countries: []string{"+49", "+1"}}}
	for _, c := range []struct {
		attribute, to string
		decoy         bool
		name          string // of a decoy
		want          bool
	}{
		{"email", "jane.o'neil+x@example.org", false, "", true},
		{"email", "jörg@exämple.org", false, "", true},
		{"email", "jane..doe@example.org", false, "", false},
		{"email", ".jane@example.org", false, "", false},
		{"email", "jane", false, "", false},
		{"email", "Jane <jane@example.org>", false, "", false},
		{"email", "jane@example.org, all@example.org", false, "", false},
		{"phone_number", "+4915112345678", false, "", true},
		{"phone_number", "+15551234567", false, "", true},
		{"phone_number", "+447911123456", false, "", false},
		{"phone_number", "+447911123456", true, "+447911123456", false},
		{"phone_number", "+447911123456", true, "jane", true},
	} {
		m := Message{App: access.App{Pool: &pool.Pool{}}, Kind: ForgotPassword, Attribute: c.attribute, To: c.to, Decoy: c.decoy, Username: c.name}
		_, err := box.Compose(t.Context(), m)
		if (err == nil) != c.want || err != nil && !errors.Is(err, ErrNoSender) {
			t.Errorf("%s (decoy: %t): %v", c.to, c.decoy, err)
		}
	}
	m := Message{App: access.App{Pool: &pool.Pool{}}, Kind: SignUp, Attribute: "phone_number", To: "+447911123456"}
	if _, err := (&Outbox{Keep: true}).Compose(t.Context(), m); err != nil {
		t.Errorf("without a list: %v", err)
	}
}
