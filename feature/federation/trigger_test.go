package federation_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/hosted"
	"cardea/engine/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

// triggers are the settings of a pool that has all triggers of sign-ins.
func triggers() M {
	newer := func(version string) M { return M{"LambdaVersion": version, "LambdaArn": triggertest.ARN("f")} }
	settings := servertest.Triggers("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication")
	settings["LambdaConfig"].(M)["InboundFederation"] = newer("V1_0")
	settings["LambdaConfig"].(M)["PreTokenGenerationConfig"] = newer("V2_0")
	return settings
}

// sources are the occasions that the function was asked at since the first calls.
func (w *world) sources(since int) (all []string) {
	for _, call := range w.function.Calls()[since:] {
		all = append(all, call.Source())
	}
	return all
}

var (
	firstTime = []string{
		"InboundFederation_ExternalProvider", "PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth",
	}
	laterTimes = []string{
		"InboundFederation_ExternalProvider", "PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_HostedAuth",
	}
)

func TestTriggersAreAskedInTheirOrder(t *testing.T) {
	each(t, with{pool: triggers(), mapping: M{"email": "email", "name": "name"}}, func(t *testing.T, w *world) {
		w.signIn(t)
		if diff := cmp.Diff(firstTime, w.sources(0)); diff != "" {
			t.Fatalf("the first time (-want +got):\n%s", diff)
		}
		calls := w.function.Calls()
		said, _ := calls[0].Request()["attributes"].(map[string]any)
		if id, _ := said["idToken"].(map[string]any); id["email"] != "jane@example.com" || calls[0].Request()["providerName"] != "Corp" || calls[0].Request()["providerType"] != "OIDC" {
			t.Errorf("InboundFederation is told %v", calls[0].Request())
		}
		want := map[string]any{
			"email": "jane@example.com", "email_verified": "false", "name": "Jane Doe", "cognito:email_alias": "", "cognito:phone_number_alias": "",
		}
		if diff := cmp.Diff(map[string]any{"userAttributes": want, "validationData": nil}, calls[1].Request()); diff != "" {
			t.Errorf("PreSignUp (-want +got):\n%s", diff)
		}
		_, attributes := w.user(t, "Corp_1234567890")
		confirmed, _ := calls[2].Request()["userAttributes"].(map[string]any)
		if confirmed["cognito:user_status"] != "EXTERNAL_PROVIDER" || confirmed["identities"] != attributes["identities"] || confirmed["sub"] != attributes["sub"] {
			t.Errorf("PostConfirmation is told %v", confirmed)
		}
		for _, call := range calls {
			if call.UserName() != "Corp_1234567890" {
				t.Errorf("%s is about %s", call.Source(), call.UserName())
			}
		}

		w.idp.SetClaims(M{"sub": "1234567890", "email": "new@example.com", "name": "Jane Doe"})
		w.signIn(t)
		if diff := cmp.Diff(laterTimes, w.sources(len(firstTime))); diff != "" {
			t.Fatalf("later (-want +got):\n%s", diff)
		}
		calls = w.function.Calls()[len(firstTime):]
		before, _ := calls[1].Request()["userAttributes"].(map[string]any)
		after, _ := calls[2].Request()["userAttributes"].(map[string]any)
		if before["email"] != "jane@example.com" || after["email"] != "new@example.com" || before["sub"] != attributes["sub"] {
			t.Errorf("PreAuthentication is told %v, PostAuthentication %v", before, after)
		}
	})
}

func TestTriggersStopSignIns(t *testing.T) {
	each(t, with{pool: triggers()}, func(t *testing.T, w *world) {
		refuse := func(t *testing.T, at string, known bool) {
			t.Helper()
			users, codes := w.count(t, "user_account"), w.count(t, "auth_code")
			w.function.Handle(func(call triggertest.Invocation) triggertest.Answer {
				if call.Source() == at {
					return triggertest.Answer{Raise: "not today"}
				}
				return triggertest.Answer{}
			})
			_, err := w.land(t, w.depart(t))
			back, registered := errors.AsType[*hosted.RedirectError](err)
			stopped, ok := errors.AsType[*trigger.Error](err)
			if !registered || !ok || stopped.Kind != trigger.Refused || back.State != "st" {
				t.Fatalf("%s refuses: got %v", at, err)
			}
			if !known && (w.count(t, "user_account") != users || w.count(t, "auth_code") != codes) {
				t.Errorf("%s refuses, and something is stored", at)
			}
		}
		refuse(t, "InboundFederation_ExternalProvider", false)
		refuse(t, "PreSignUp_ExternalProvider", false)
		refuse(t, "PostConfirmation_ConfirmSignUp", true) // too late
		if w.count(t, "user_account") != 1 {
			t.Error("the user whom PostConfirmation has refused is not there")
		}
		refuse(t, "PreAuthentication_Authentication", false)
		refuse(t, "PostAuthentication_Authentication", false)
	})
}

func TestInboundFederationReplacesClaims(t *testing.T) {
	mapping := M{"email": "email", "name": "name", "nickname": "nick"}
	each(t, with{pool: triggers(), mapping: mapping}, func(t *testing.T, w *world) {
		for _, c := range []struct {
			name   string
			answer any
			want   map[string]string
		}{
			{"nothing", M{"userAttributesToMap": M{}}, map[string]string{"email": "jane@example.com", "email_verified": "false", "name": "Jane Doe"}},
			{
				"others", M{"userAttributesToMap": M{"nick": "J", "sub": "2", "email": "other@example.com"}},
				map[string]string{"email": "other@example.com", "email_verified": "false", "name": "Jane Doe", "nickname": "J"},
			},
		} {
			w.function.Handle(func(call triggertest.Invocation) triggertest.Answer {
				if call.Source() == firstTime[0] {
					return triggertest.Answer{Response: c.answer}
				}
				return triggertest.Answer{}
			})
			w.signIn(t)
			_, attributes := w.user(t, "Corp_1234567890")
			delete(attributes, "sub")
			delete(attributes, "identities")
			if diff := cmp.Diff(c.want, attributes); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
		if w.count(t, "user_account") != 1 {
			t.Error("the function has made a user another")
		}
	})
}

func TestPreSignUpVerifiesAddressesOfProviders(t *testing.T) {
	each(t, with{pool: triggers()}, func(t *testing.T, w *world) {
		w.function.Handle(func(call triggertest.Invocation) triggertest.Answer {
			switch call.Source() {
			case "PreSignUp_ExternalProvider":
				return triggertest.Answer{Response: M{"autoConfirmUser": true, "autoVerifyEmail": true}}
			}
			return triggertest.Answer{}
		})
		w.signIn(t)
		out, attributes := w.user(t, "Corp_1234567890")
		if out["UserStatus"] != "EXTERNAL_PROVIDER" || attributes["email_verified"] != "true" {
			t.Errorf("the user is %v", out)
		}
		w.idp.SetClaims(person())
		_, err := w.land(t, w.depart(t)) // who has no address
		if stopped, ok := errors.AsType[*trigger.Error](err); !ok || stopped.Kind != trigger.Invalid {
			t.Errorf("got %v", err)
		}
	})
}

// A function that links the identity while it is asked about the new user has the sign-in go on as the user it is linked with.
func TestLinkingInPreSignUpWorksAtTheFirstSignIn(t *testing.T) {
	each(t, with{pool: triggers()}, func(t *testing.T, w *world) {
		w.User(t, w.pool, "jane")
		since := len(w.function.Calls())
		w.function.Handle(func(call triggertest.Invocation) triggertest.Answer {
			if call.Source() == "PreSignUp_ExternalProvider" {
				w.link(t, "jane", "Cognito_Subject", "1234567890")
			}
			return triggertest.Answer{}
		})
		if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "jane" {
			t.Errorf("signed in as %v", got)
		}
		want := []string{firstTime[0], firstTime[1], laterTimes[1], laterTimes[2], laterTimes[3]}
		if diff := cmp.Diff(want, w.sources(since)); diff != "" {
			t.Errorf("triggers (-want +got):\n%s", diff)
		}
		if w.count(t, "user_account") != 1 || w.count(t, "linked_identity") != 1 {
			t.Error("there is another user, or identity")
		}
	})
}

// A pool in which administrators create users has them come from its providers all the same.
func TestProvidersBringUsersWhereNobodySignsUp(t *testing.T) {
	each(t, with{pool: M{"AdminCreateUserConfig": M{"AllowAdminCreateUserOnly": true}}}, func(t *testing.T, w *world) {
		w.signIn(t)
	})
}
