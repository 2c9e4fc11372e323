package server_test

import (
	"strings"
	"testing"
	"time"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func rated(categories ...string) func(c *server.Config) {
	return func(c *server.Config) { c.Rates = &config.Rates{Default: "none", Categories: categories} }
}

func TestRequestsAreBoundedByCategoryAndPool(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, rated("UserAuthentication=1:2", "UserRead=1:1", "UserPoolRead=1:1"), func(t *testing.T, w *servertest.World) {
		pool, other := w.Pool(t, nil), w.Pool(t, nil)
		client, another := w.Client(t, pool, nil), w.Client(t, other, nil)
		begin := func(client string) M {
			return M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": "wrong password"}}
		}
		refused := func(operation string, in M) {
			t.Helper()
			w.Fails(t, operation, in, "TooManyRequestsException", "Rate exceeded")
		}
		w.User(t, pool, "jane")
		tokens := w.SignIn(t, client, "jane")
		w.Fails(t, "InitiateAuth", begin(client), "NotAuthorizedException", "")
		refused("InitiateAuth", begin(client))
		refused("InitiateAuth", M{"ClientId": client, "AuthFlow": "no flow"}) // before it is validated
		w.Fails(t, "InitiateAuth", begin(another), "UserNotFoundException", "")
		w.Must(t, "GetUser", M{"AccessToken": tokens["AccessToken"]})
		refused("GetUser", M{"AccessToken": tokens["AccessToken"]})
		w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane"}) // signed requests count apart from those of strangers
		refused("AdminGetUser", M{"UserPoolId": pool, "Username": "jane"})
		w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})
		w.Must(t, "DescribeUserPool", M{"UserPoolId": other})
		refused("DescribeUserPool", M{"UserPoolId": pool})
		w.Must(t, "ListUserPools", M{"MaxResults": 1})

		const unknown = "1example23456789abcdefghi"
		w.Fails(t, "InitiateAuth", begin(unknown+"1"), "ResourceNotFoundException", "")
		w.Fails(t, "InitiateAuth", begin(unknown+"2"), "ResourceNotFoundException", "")
		refused("InitiateAuth", begin(unknown+"3")) // all that are for no pool count together

		w.Advance(time.Second)
		w.Fails(t, "InitiateAuth", begin(client), "NotAuthorizedException", "")
		refused("InitiateAuth", begin(client))
		if _, metrics := w.Get(t, "/metrics"); !strings.Contains(metrics, `cardea_rate_refusals_total{category="UserAuthentication"} 4`) {
			t.Error("the refusals are not counted")
		}
	})
}

// A Session names its app client. Strangers who ask with none, or with one of another pool, use up nothing of the pool's.
func TestStepsWithASessionCountForItsPool(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, rated("UserResourceUpdate=1:1"), func(t *testing.T, w *servertest.World) {
		session := func(name string) any {
			pool := w.Pool(t, nil)
			w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
			client := w.Client(t, pool, nil)
			w.User(t, pool, name)
			return w.Must(t, "InitiateAuth", M{
				"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": name, "PASSWORD": servertest.Password},
			})["Session"]
		}
		ours, theirs := session("jane"), session("joe")
		junk := M{"Session": strings.Repeat("x", 40)}
		w.Fails(t, "AssociateSoftwareToken", junk, "NotAuthorizedException", "")
		w.Fails(t, "AssociateSoftwareToken", junk, "TooManyRequestsException", "")
		w.Must(t, "AssociateSoftwareToken", M{"Session": theirs})
		ours = w.Must(t, "AssociateSoftwareToken", M{"Session": ours})["Session"]
		w.Fails(t, "AssociateSoftwareToken", M{"Session": ours}, "TooManyRequestsException", "Rate exceeded")
	})
}

func TestMembersThatAnOperationDoesNotHaveNameNoPool(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, rated("UserAuthentication=1:1"), func(t *testing.T, w *servertest.World) {
		pool, other := w.Pool(t, nil), w.Pool(t, nil)
		begin := M{
			"ClientId": w.Client(t, pool, nil), "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": "wrong password"},
		}
		w.Fails(t, "InitiateAuth", begin, "UserNotFoundException", "")
		begin["UserPoolId"] = other
		w.Fails(t, "InitiateAuth", begin, "TooManyRequestsException", "")
		begin["ClientId"] = w.Client(t, other, nil)
		w.Fails(t, "InitiateAuth", begin, "UserNotFoundException", "")
	})
}

func TestAnswersToChallengesHaveABoundOfTheirOwn(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, rated("UserAuthentication=1:1", "UserAccountRecovery=1:1"), func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, nil), nil)
		answer := func(challenge string) string {
			_, err := w.Call("RespondToAuthChallenge", M{"ClientId": client, "ChallengeName": challenge})
			if err == nil {
				t.Fatal("an answer to nothing was right")
			}
			code, _, _ := strings.Cut(err.Error(), ":")
			return code
		}
		admitted := func(challenge string) (n int) {
			for answer(challenge) != "TooManyRequestsException" {
				n++
			}
			return n
		}
		if got := admitted("SMS_MFA"); got != 4 { // three, and what is left of sign-ins
			t.Errorf("%d answers were admitted, want 4", got)
		}
		if got := admitted("NEW_PASSWORD_REQUIRED"); got != 1 {
			t.Errorf("%d new passwords were admitted, want 1", got)
		}
	})
}

func TestStrangersAreBoundedByTheirNetwork(t *testing.T) {
	t.Parallel()
	log := &servertest.AuditLog{}
	servertest.EachWith(t, func(c *server.Config) {
		c.Rates = &config.Rates{Default: "none", Source: "1:2"}
		c.Audit.Stdout, c.Stdout = true, log
	}, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		in := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": "wrong password"}}
		stranger := w.From("198.51.100.7")
		stranger.Fails(t, "InitiateAuth", in, "UserNotFoundException", "")
		stranger.Fails(t, "InitiateAuth", in, "UserNotFoundException", "")
		stranger.Fails(t, "InitiateAuth", in, "TooManyRequestsException", "Rate exceeded")
		stranger.Must(t, "DescribeUserPool", M{"UserPoolId": pool}) // signed
		w.From("203.0.113.9").Fails(t, "InitiateAuth", in, "UserNotFoundException", "")
		for _, record := range log.Take(t) {
			if record["errorCode"] == "TooManyRequestsException" {
				t.Error("a refusal is recorded")
			}
		}
	})
}

func TestRefusalsOfSignersAreRecorded(t *testing.T) {
	t.Parallel()
	log := &servertest.AuditLog{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		rated("UserPoolRead=1:1")(c)
		c.Audit.Stdout, c.Stdout = true, log
	})
	pool := w.Pool(t, nil)
	w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})
	log.Take(t)
	w.Fails(t, "DescribeUserPool", M{"UserPoolId": pool}, "TooManyRequestsException", "Rate exceeded")
	says(t, log.One(t), map[string]any{"errorCode": "TooManyRequestsException", "userIdentity.type": "Root", "requestParameters.userPoolId": pool})
}

func TestChangesOfLimitsAreRecorded(t *testing.T) {
	t.Parallel()
	log := &servertest.AuditLog{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		enforcing(c)
		c.Audit.Stdout, c.Stdout = true, log
	})
	ana := someone(t, w, "ana")
	grant(t, w, "ana", allow("cognito-idp:GetProvisionedLimit", "*"))
	log.Take(t)
	in := M{"LimitDefinition": M{"LimitClass": "API_CATEGORY", "Attributes": M{"Category": "UserRead"}}, "RequestedLimitValue": 200}
	ana.Must(t, "GetProvisionedLimit", M{"LimitDefinition": in["LimitDefinition"]})
	says(t, log.One(t), map[string]any{"eventName": "GetProvisionedLimit", "readOnly": true, "userIdentity.userName": "ana"})
	ana.Fails(t, "UpdateProvisionedLimit", in, "AccessDeniedException", "")
	says(t, log.One(t), map[string]any{"eventName": "UpdateProvisionedLimit", "errorCode": "AccessDeniedException"})
	grant(t, w, "ana", allow("cognito-idp:UpdateProvisionedLimit", "*"))
	ana.Must(t, "UpdateProvisionedLimit", in)
	says(t, log.One(t), map[string]any{
		"eventName": "UpdateProvisionedLimit", "readOnly": false, "errorCode": nil, "requestParameters.requestedLimitValue": 200,
		"requestParameters.limitDefinition.attributes.Category": "UserRead", "responseElements.limit.provisionedLimitValue": 200,
	})
}

func TestTheTokenEndpointSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, rated("ClientAuthentication=1:1"), func(t *testing.T, w *servertest.World) {
		token := w.Endpoint(t, w.Pool(t, nil), "/oauth2/token")
		first := w.Post(t, token, "grant_type", "client_credentials", "client_id", "x")
		second := w.Post(t, token, "grant_type", "client_credentials", "client_id", "x")
		third := w.Post(t, token, "grant_type", "refresh_token", "client_id", "x", "refresh_token", "y")
		if first.Status == 429 || second.Status != 429 || second.Header.Get("Retry-After") == "" || third.Status == 429 {
			t.Errorf("got %d, %d with %v, %d", first.Status, second.Status, second.Header, third.Status)
		}
	})
}

func TestUnknownCategoriesStopTheStart(t *testing.T) {
	t.Parallel()
	_, err := server.New(t.Context(), server.Config{
		MasterKeys: [][]byte{make([]byte, 32)}, Rates: &config.Rates{Default: "cognito", Categories: []string{"Sleeping=1"}},
	})
	if err == nil || !strings.Contains(err.Error(), "Sleeping") {
		t.Errorf("got %v", err)
	}
}
