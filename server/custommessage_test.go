package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

type M = servertest.M

// stage is a pool with a function for its messages and users in several states.
type stage struct {
	*servertest.World
	pool, client string
	tokens       M // of alice, who is confirmed
}

const (
	mailbox = "alice@example.org"
	phone   = "+15551234567"
)

func newStage(t *testing.T, w *servertest.World) *stage {
	t.Helper()
	return newStageWith(t, w, M{"CustomMessage": triggertest.ARN("f")})
}

func newStageWith(t *testing.T, w *servertest.World, functions M) *stage {
	t.Helper()
	s := &stage{World: w}
	s.pool = w.Pool(t, M{
		"LambdaConfig": functions, "AutoVerifiedAttributes": []string{"email"},
		"EmailConfiguration": M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.org", "From": "a@example.org"},
		"SmsConfiguration":   M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"},
		"Policies":           M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP"}}},
	})
	s.client = w.Client(t, s.pool, M{
		"ExplicitAuthFlows":          []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"},
		"PreventUserExistenceErrors": "ENABLED",
	})
	w.User(t, s.pool, "alice", "email", mailbox, "email_verified", "true", "phone_number", phone, "phone_number_verified", "true")
	w.Must(t, "SignUp", s.newcomer("bob"))
	w.Must(t, "AdminCreateUser", M{
		"UserPoolId": s.pool, "Username": "carol", "MessageAction": "SUPPRESS", "UserAttributes": servertest.Attributes("email", "carol@example.org"),
	})
	s.tokens = w.SignIn(t, s.client, "alice")
	w.Advance(time.Second)
	return s
}

func (s *stage) newcomer(name string) M {
	return M{
		"ClientId": s.client, "Username": name, "Password": servertest.Password, "ClientMetadata": metadata,
		"UserAttributes": servertest.Attributes("email", name+"@example.org"),
	}
}

var metadata = M{"k": "v"}

// asked is one operation that sends a message.
type asked struct {
	source, operation string
	in                M
	user, to, status  string
	client            bool // the function is told of the client
	metadata          bool // and of ClientMetadata
}

// operations are all that send messages.
func (s *stage) operations(t *testing.T) []asked {
	t.Helper()
	signedIn := M{"AccessToken": s.tokens["AccessToken"], "ClientMetadata": metadata}
	admin := func(name string) M {
		return M{"UserPoolId": s.pool, "Username": name, "ClientMetadata": metadata}
	}
	app := func(name string) M {
		return M{"ClientId": s.client, "Username": name, "ClientMetadata": metadata}
	}
	begin := func(preferred string) M {
		return M{
			"ClientId": s.client, "AuthFlow": "USER_AUTH", "ClientMetadata": metadata,
			"AuthParameters": M{"USERNAME": "alice", "PREFERRED_CHALLENGE": preferred},
		}
	}
	choice := s.Must(t, "InitiateAuth", M{"ClientId": s.client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "alice"}})
	chosen := M{
		"ClientId": s.client, "ChallengeName": "SELECT_CHALLENGE", "Session": choice["Session"], "ClientMetadata": metadata,
		"ChallengeResponses": M{"USERNAME": "alice", "ANSWER": "EMAIL_OTP"},
	}
	const reset, forced = "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"
	return []asked{
		{"SignUp", "SignUp", s.newcomer("dave"), "dave", "dave@example.org", "UNCONFIRMED", true, true},
		{"AdminCreateUser", "AdminCreateUser", servertest.With(admin("erin"), M{
			"DesiredDeliveryMediums": []string{"EMAIL", "SMS"}, "UserAttributes": servertest.Attributes("email", "erin@example.org", "phone_number", "+15557654321"),
		}), "erin", "erin@example.org", forced, false, true},
		{"AdminCreateUser", "AdminCreateUser", servertest.With(admin("carol"), M{"MessageAction": "RESEND"}), "carol", "carol@example.org", forced, false, true},
		{"ResendCode", "ResendConfirmationCode", app("bob"), "bob", "bob@example.org", "UNCONFIRMED", true, true},
		{"ForgotPassword", "ForgotPassword", app("alice"), "alice", phone, "CONFIRMED", true, true},
		{"UpdateUserAttribute", "UpdateUserAttributes", servertest.With(signedIn, M{"UserAttributes": servertest.Attributes("email", "alice2@example.org")}), "alice", "alice2@example.org", "CONFIRMED", true, true},
		{"UpdateUserAttribute", "AdminUpdateUserAttributes", servertest.With(admin("alice"), M{"UserAttributes": servertest.Attributes("email", "alice3@example.org")}), "alice", "alice3@example.org", "CONFIRMED", false, true},
		{"VerifyUserAttribute", "GetUserAttributeVerificationCode", servertest.With(signedIn, M{"AttributeName": "email"}), "alice", "alice3@example.org", "CONFIRMED", true, true},
		{"Authentication", "InitiateAuth", begin("EMAIL_OTP"), "alice", "alice3@example.org", "CONFIRMED", true, false},
		{"Authentication", "InitiateAuth", begin("SMS_OTP"), "alice", phone, "CONFIRMED", true, false},
		{"Authentication", "RespondToAuthChallenge", chosen, "alice", "alice3@example.org", "CONFIRMED", true, true},
		{"ForgotPassword", "AdminResetUserPassword", admin("alice"), "alice", phone, reset, false, true},
	}
}

// written is an answer of a function that writes a message for every occasion.
func written(call triggertest.Invocation) triggertest.Answer {
	return triggertest.Answer{Response: M{
		"smsMessage": call.Source() + " text {####} {username}", "emailSubject": "About " + call.Source(),
		"emailMessage": "<b>" + call.Source() + "</b> mail {####} {username}",
	}}
}

func TestFunctionsWriteEveryMessage(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newStage(t, w)
		f.Handle(written)
		for _, a := range s.operations(t) {
			calls, sent := len(f.Calls()), len(s.Inbox(""))
			s.Must(t, a.operation, a.in)
			name, source := a.operation+" "+a.source, "CustomMessage_"+a.source
			if n := len(f.Calls()) - calls; n != 1 {
				t.Fatalf("%s: the function is called %d times", name, n)
			}
			call := f.Calls()[calls]
			request := call.Request()
			told, _ := request["userAttributes"].(M)
			if call.Source() != source || told["cognito:user_status"] != a.status || told["sub"] == nil {
				t.Errorf("%s: the function is told of %s and %v", name, call.Source(), told)
			}
			if !strings.Contains(string(call.Event), `"userName":"`+a.user+`"`) {
				t.Errorf("%s: the event is about another user: %s", name, call.Event)
			}
			wantClient := map[bool]string{true: s.client, false: "CLIENT_ID_NOT_APPLICABLE"}[a.client]
			if !strings.Contains(string(call.Event), `"clientId":"`+wantClient+`"`) {
				t.Errorf("%s: the event has another client: %s", name, call.Event)
			}
			if got := request["clientMetadata"]; cmp.Equal(got, any(metadata)) != a.metadata {
				t.Errorf("%s: the function is told of the metadata %v", name, got)
			}
			invited := a.source == "AdminCreateUser"
			if got := request["usernameParameter"]; (got == "{username}") != invited || request["codeParameter"] != "{####}" {
				t.Errorf("%s: parameters %v and %v", name, got, request["codeParameter"])
			}

			messages := s.Inbox("")[sent:]
			if want := map[bool]int{true: 2, false: 1}[a.user == "erin"]; len(messages) != want {
				t.Fatalf("%s: %d messages", name, len(messages))
			}
			found := false
			for _, m := range messages {
				found = found || m.To == a.to
				if m.Code == "" || strings.Contains(string(call.Event), m.Code) {
					t.Errorf("%s: the function sees the code %q", name, m.Code)
				}
				username := map[bool]string{true: a.user, false: "{username}"}[invited]
				want := servertest.Message{To: m.To, Medium: m.Medium, Code: m.Code, SentAt: m.SentAt}
				if want.Body = source + " text " + m.Code + " " + username; m.Medium == "EMAIL" {
					code := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(m.Code)
					want.Subject, want.Body = "About "+source, "<b>"+source+"</b> mail "+code+" "+username
				}
				if diff := cmp.Diff(want, m); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if !found {
				t.Errorf("%s: nothing went to %s", name, a.to)
			}
		}
	})
}

// accounts is all that is stored, but for the counts of failures.
func accounts(t *testing.T, w *servertest.World) []string {
	t.Helper()
	return slices.DeleteFunc(dbtest.Rows(t, w.DB), func(row string) bool { return strings.HasPrefix(row, "attempt ") })
}

func TestFunctionsThatFailLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer      triggertest.Answer
		code, words string
	}{
		"refused":    {triggertest.Answer{Raise: "not today"}, "UserLambdaValidationException", "CustomMessage failed with error not today."},
		"not run":    {triggertest.Answer{Status: 403, Code: "AccessDeniedException"}, "UnexpectedLambdaException", "CustomMessage invocation failed due to error AccessDeniedException."},
		"unreadable": {triggertest.Answer{Raw: []byte("[]")}, "InvalidLambdaResponseException", ""},
		"invalid":    {triggertest.Answer{Response: M{"emailMessage": "no placeholder", "smsMessage": "none either"}}, "InvalidLambdaResponseException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
				s := newStage(t, w)
				operations := s.operations(t)
				before := accounts(t, w)
				f.Script(c.answer)
				for _, a := range operations {
					w.Fails(t, a.operation, a.in, c.code, c.words)
					if diff := cmp.Diff(before, accounts(t, w)); diff != "" {
						t.Errorf("%s left something (-before +after):\n%s", a.operation, diff)
					}
				}
				f.Handle(written)
				for _, a := range operations { // neither a code nor a Session was used up
					if a.to != "alice3@example.org" || a.operation == "AdminUpdateUserAttributes" {
						w.Must(t, a.operation, a.in)
					}
				}
			})
		})
	}
}

func TestUnknownUsersAreAsSlowAsTheFunction(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		const slow = 150 * time.Millisecond
		f.Script(triggertest.Answer{Delay: slow})
		s := newStage(t, w)
		for _, operation := range []string{"ForgotPassword", "ResendConfirmationCode", "InitiateAuth"} {
			in := func(name string) M {
				if operation == "InitiateAuth" {
					return M{"ClientId": s.client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}}
				}
				return M{"ClientId": s.client, "Username": name}
			}
			known := map[string]string{"ResendConfirmationCode": "bob"}[operation]
			if known == "" {
				known = "alice"
			}
			calls, rows := len(f.Calls()), len(dbtest.Rows(t, w.DB))
			w.Must(t, operation, in(known))
			added := len(dbtest.Rows(t, w.DB)) - rows
			begun := time.Now()
			w.Must(t, operation, in("nobody"))
			if took := time.Since(begun); took < slow {
				t.Errorf("%s of an unknown user took %s, the function takes %s", operation, took, slow)
			}
			if n := len(f.Calls()) - calls; n != 1 {
				t.Errorf("%s: the function is told of the unknown user: %d calls", operation, n)
			}
			if again := len(dbtest.Rows(t, w.DB)) - rows - added; again < added {
				t.Errorf("%s adds %d rows for a known user and %d for an unknown one", operation, added, again)
			}
		}
	})
}
