package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// audited runs body on servers with an audit log.
func audited(t *testing.T, enforce bool, body func(t *testing.T, w *servertest.World, log *servertest.AuditLog)) {
	t.Helper()
	var logs sync.Map
	change := func(c *server.Config) {
		log := &servertest.AuditLog{}
		c.EnforceIAM, c.Audit.Stdout, c.Stdout = enforce, true, log
		logs.Store(c.Database, log)
	}
	servertest.EachWith(t, func(c *server.Config) { change(c) }, func(t *testing.T, w *servertest.World) {
		log, _ := logs.Load(w.Database())
		body(t, w, log.(*servertest.AuditLog))
	})
}

// says compares what a record has at some places.
func says(t *testing.T, record M, want map[string]any) {
	t.Helper()
	for at, value := range want {
		if got := servertest.At(record, at); fmt.Sprint(got) != fmt.Sprint(value) {
			t.Errorf("%s: %s is %v, want %v", record["eventName"], at, got, value)
		}
	}
}

func TestSignInsAreRecordedWithTheirUser(t *testing.T) {
	t.Parallel()
	audited(t, false, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane")
		log.Take(t)
		sub := servertest.Text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane"}), "UserAttributes.0.Value")
		says(t, log.One(t), map[string]any{
			"eventName": "AdminGetUser", "readOnly": true, "userIdentity.type": "Root", "requestParameters.userPoolId": pool,
			"requestParameters.username": "HIDDEN_DUE_TO_SECURITY_REASONS", "additionalEventData.sub": sub, "responseElements": nil,
		})

		tokens := w.By("app/1").From("198.51.100.7").SignIn(t, client, "jane")
		record := log.One(t)
		says(t, record, map[string]any{
			"eventSource": "cognito-idp.amazonaws.com", "eventName": "InitiateAuth", "userIdentity.type": "Unknown", "errorCode": nil,
			"requestParameters.clientId": client, "additionalEventData.sub": sub, "additionalEventData.userPoolId": pool, "readOnly": false,
			"sourceIPAddress": "198.51.100.7", "userAgent": "app/1", "recipientAccountId": servertest.Account, "awsRegion": "us-east-1",
			"responseElements.authenticationResult.accessToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
		})
		w.Must(t, "GetUser", M{"AccessToken": tokens["AccessToken"]})
		says(t, log.One(t), map[string]any{"eventName": "GetUser", "additionalEventData.sub": sub, "additionalEventData.userPoolId": pool})
		w.Must(t, "GetTokensFromRefreshToken", M{"ClientId": client, "RefreshToken": tokens["RefreshToken"]})
		says(t, log.One(t), map[string]any{"eventName": "GetTokensFromRefreshToken", "additionalEventData.sub": sub})

		wrong := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": "wrong password"}}
		w.Fails(t, "InitiateAuth", wrong, "NotAuthorizedException", "")
		says(t, log.One(t), map[string]any{
			"eventName": "InitiateAuth", "errorCode": "NotAuthorizedException", "errorMessage": "Incorrect username or password.", "additionalEventData.sub": sub,
		})
		revoke := M{"ClientId": client, "Token": tokens["RefreshToken"]}
		w.Must(t, "RevokeToken", revoke)
		says(t, log.One(t), map[string]any{"eventName": "RevokeToken", "additionalEventData.sub": sub, "requestParameters.token": "HIDDEN_DUE_TO_SECURITY_REASONS"})
		tokens = w.SignIn(t, client, "jane")
		endpoint := w.Endpoint(t, pool, "/oauth2/revoke")
		log.Take(t)
		w.Post(t, endpoint, "client_id", client, "token", servertest.Text(tokens, "RefreshToken"))
		says(t, log.One(t), map[string]any{"eventName": "Revoke_POST", "additionalEventData.sub": sub, "additionalEventData.responseParameters.status": 200})
		w.Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": pool, "Username": sub})
		says(t, log.One(t), map[string]any{"additionalEventData.sub": sub, "readOnly": false})
	})
}

func TestBothStepsOfSRPAreRecordedWithTheirUser(t *testing.T) {
	t.Parallel()
	audited(t, false, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		u := &counting{World: w, pool: w.Pool(t, nil)}
		u.client = w.Client(t, u.pool, nil)
		w.User(t, u.pool, "alice")
		sub := servertest.Text(w.Must(t, "AdminGetUser", M{"UserPoolId": u.pool, "Username": "alice"}), "UserAttributes.0.Value")
		log.Take(t)
		u.bySRP(t)
		list := log.Take(t)
		if len(list) != 2 {
			t.Fatalf("%d records", len(list))
		}
		says(t, list[0], map[string]any{"eventName": "InitiateAuth", "additionalEventData.sub": sub})
		says(t, list[1], map[string]any{
			"eventName": "RespondToAuthChallenge", "additionalEventData.sub": sub, "requestParameters.challengeName": "PASSWORD_VERIFIER",
			"responseElements.authenticationResult.accessToken": "HIDDEN_DUE_TO_SECURITY_REASONS",
		})
	})
}

func TestStrangersDoNotChooseThePoolOfARecord(t *testing.T) {
	t.Parallel()
	audited(t, false, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		pool, other := w.Pool(t, nil), w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane")
		log.Take(t)
		in := M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": servertest.Password},
			"UserPoolId": other,
		}
		for _, pretended := range []string{other, "xx-nowhere-9_Example01"} {
			in["UserPoolId"] = pretended
			w.Must(t, "InitiateAuth", in)
			says(t, log.One(t), map[string]any{"additionalEventData.userPoolId": pool, "awsRegion": "us-east-1", "additionalEventData.clientId": client})
		}
	})
}

func TestWhatFunctionsSayIsNotRecorded(t *testing.T) {
	t.Parallel()
	f, log := triggertest.New(t), &servertest.AuditLog{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		f.Now, c.Audit.Stdout, c.Stdout = c.Test.Now, true, log
		c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
		c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey, NoBreaker: true}
	})
	f.Handle(func(triggertest.Invocation) triggertest.Answer {
		return triggertest.Answer{Raise: "+15550100 is blocked"}
	})
	pool := w.Pool(t, servertest.Triggers("PreAuthentication"))
	client := w.Client(t, pool, nil)
	w.User(t, pool, "jane")
	log.Take(t)
	in := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "jane", "PASSWORD": servertest.Password}}
	w.Fails(t, "InitiateAuth", in, "UserLambdaValidationException", "PreAuthentication failed with error +15550100 is blocked.")
	says(t, log.One(t), map[string]any{"errorCode": "UserLambdaValidationException", "errorMessage": "HIDDEN_DUE_TO_SECURITY_REASONS"})
}

func TestManagementCallsAreRecordedWithWhoHasSignedThem(t *testing.T) {
	t.Parallel()
	audited(t, true, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		root := w.Root(t)
		caller := someone(t, w, "caller")
		log.Take(t)
		pool := servertest.Text(root.Must(t, "CreateUserPool", M{"PoolName": "shop"}), "UserPool.Id")
		says(t, log.One(t), map[string]any{
			"userIdentity.type": "Root", "userIdentity.accessKeyId": root.Key().ID, "requestParameters.poolName": "shop", "responseElements.userPool.id": pool,
			"eventType": "AwsApiCall", "managementEvent": true,
		})
		caller.Fails(t, "DescribeUserPool", M{"UserPoolId": pool}, "AccessDeniedException", "")
		record := log.One(t)
		says(t, record, map[string]any{
			"userIdentity.type": "IAMUser", "userIdentity.userName": "caller", "userIdentity.arn": account + "user/caller",
			"errorCode": "AccessDeniedException", "requestParameters.userPoolId": pool, "awsRegion": "us-east-1",
		})

		forged := caller.Key()
		forged.Secret = "another"
		w.As(forged).Fails(t, "DescribeUserPool", M{"UserPoolId": pool}, "InvalidSignatureException", "")
		says(t, log.One(t), map[string]any{
			"userIdentity.type": "Unknown", "errorCode": "InvalidSignatureException", "additionalEventData.claimedAccessKeyId": forged.ID,
			"userIdentity.arn": nil, "requestParameters": nil,
		})

		worker(t, w)
		grant(t, w, "caller", allow("sts:AssumeRole", "*"))
		log.Take(t)
		session := assume(t, caller, M{"RoleArn": account + "role/worker", "RoleSessionName": "build"})
		says(t, log.One(t), map[string]any{"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "responseElements.credentials.sessionToken": "HIDDEN_DUE_TO_SECURITY_REASONS"})
		session.On("sts").Must(t, "GetCallerIdentity", nil)
		says(t, log.One(t), map[string]any{
			"userIdentity.type": "AssumedRole", "userIdentity.sessionContext.sessionIssuer.userName": "worker",
			"userIdentity.sessionContext.sessionIssuer.type": "Role", "userIdentity.sessionContext.sessionIssuer.arn": account + "role/worker",
			"userIdentity.sessionContext.attributes.mfaAuthenticated": "false",
		})
	})
}

func TestRequestsToDomainsAreRecorded(t *testing.T) {
	t.Parallel()
	audited(t, false, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		pool := w.Pool(t, nil)
		client := servertest.Text(w.Must(t, "CreateUserPoolClient", M{
			"UserPoolId": pool, "ClientName": "app", "CallbackURLs": []string{"https://app.example.com/back"}, "AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthFlows": []string{"code"}, "AllowedOAuthScopes": []string{"openid"}, "SupportedIdentityProviders": []string{"COGNITO"},
		}), "UserPoolClient.ClientId")
		query := "?client_id=" + client + "&response_type=code&scope=openid&state=STATE&redirect_uri=" + url.QueryEscape("https://app.example.com/back")
		token := w.Endpoint(t, pool, "/oauth2/token")
		log.Take(t)

		w.Post(t, token, "grant_type", "authorization_code", "client_id", client, "code", "SECRET", "redirect_uri", "https://app.example.com/back?x=SECRET")
		record := log.One(t)
		says(t, record, map[string]any{
			"eventName": "Token_POST", "eventType": "AwsServiceEvent", "errorCode": "invalid_grant", "userIdentity.accountId": servertest.Account,
			"additionalEventData.requestParameters.grant_type.0": "authorization_code", "additionalEventData.requestParameters.client_id.0": client,
			"additionalEventData.requestParameters.redirect_uri.0": "https://app.example.com/back", "additionalEventData.responseParameters.status": 400,
			"additionalEventData.userPoolId": pool, "additionalEventData.requestParameters.code": nil,
		})
		for path, name := range map[string]string{"/login": "Login_GET", "/oauth2/authorize": "OAuth2_Authorize_GET", "/signup": "Signup_GET"} {
			r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, pool, path)+query, nil)
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			w.Do(t, r)
			record := log.One(t)
			says(t, record, map[string]any{"eventName": name, "additionalEventData.requestParameters.client_id.0": client, "additionalEventData.clientId": client})
			if text := fmt.Sprint(record); strings.Contains(text, "STATE") {
				t.Errorf("%s tells of state: %s", name, text)
			}
		}
	})
}

// marked makes a value in which every text is SECRET, and every number 7.
func marked(shape *awsjson.Shape, depth int) any {
	if depth > 12 {
		return nil
	}
	switch shape.Kind {
	case awsjson.Structure:
		m := M{}
		for _, member := range shape.Members {
			m[member.Name] = marked(member.Shape, depth+1)
		}
		return m
	case awsjson.List:
		return []any{marked(shape.Element, depth+1)}
	case awsjson.Map:
		return M{"SECRET": marked(shape.Element, depth+1)}
	case awsjson.Integer, awsjson.Long, awsjson.Timestamp:
		return 7
	case awsjson.Boolean:
		return true
	}
	return "SECRET"
}

// secretive keeps the parts of a request that no record may show, and gives all else a value that is none.
func secretive(shape *awsjson.Shape, value any, secret bool) any {
	secret = secret || shape.Sensitive && shape.Name != "ClientIdType"
	switch v := value.(type) {
	case M:
		if shape.Kind == awsjson.Map {
			return M{"key": secretive(shape.Element, v["SECRET"], secret)}
		}
		for _, member := range shape.Members {
			v[member.Name] = secretive(member.Shape, v[member.Name], secret || secretMembers[member.Name])
		}
		return v
	case []any:
		return []any{secretive(shape.Element, v[0], secret)}
	case string:
		if !secret && shape.Enum == nil && shape.Kind == awsjson.String {
			return "plain"
		}
	}
	return value
}

// secretMembers are secret or personal whatever the models say.
var secretMembers = map[string]bool{
	"ClientMetadata": true, "ProviderDetails": true, "ConfirmationCode": true, "Code": true, "TokenCode": true, "Filter": true, "EncodedData": true,
	"ContextData": true, "DeveloperUserIdentifier": true, "SessionToken": true, "EncodedMessage": true, "ProviderAttributeValue": true,
	"PasswordVerifier": true, "Salt": true, "Logins": true, "NextToken": true, "PaginationToken": true,
}

func TestNoOperationLeavesSecretsInTheAuditLog(t *testing.T) {
	t.Parallel()
	audited(t, false, func(t *testing.T, w *servertest.World, log *servertest.AuditLog) {
		for name, service := range map[string]awsjson.Service{
			"cognito-idp": w.Server.API.Service(), "cognito-identity": w.Server.Identities.Service(), "iam": w.Server.IAM.Service(),
			"sts": w.Server.STS.Service(), "kms": w.Server.KMS.Service(),
		} {
			there := w.On(name).By("test")
			for operation, op := range service.Operations {
				for _, request := range []M{
					secretive(op.Input, marked(op.Input, 0), false).(M),
					{"Username": "SECRET", "Password": "SECRET", "AccessToken": "SECRET", "UserPoolId": M{"SECRET": "SECRET"}},
				} {
					_, _ = there.Call(operation, request) // whatever is answered
				}
				records := log.Take(t)
				if len(records) != 2 {
					t.Errorf("%s: %d records", operation, len(records))
				}
				for _, record := range records {
					if record["eventName"] != operation || strings.Contains(fmt.Sprint(record), "SECRET") {
						t.Errorf("%s: %v", operation, record)
					}
				}
			}
		}
	})
}

// toFile makes a server whose audit log is a required file.
func toFile(t *testing.T, required bool) (w *servertest.World, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "log")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	w = servertest.New(t, "sqlite:"+filepath.Join(t.TempDir(), "cardea.db"), func(c *server.Config) {
		c.Audit = config.Audit{File: filepath.Join(folder, "audit.json"), Required: required}
	})
	return w, folder
}

func TestRequestsAreRefusedWhereRequiredRecordsCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{true, false} {
		w, folder := toFile(t, required)
		pool := w.Pool(t, nil)
		if text, err := os.ReadFile(filepath.Join(folder, "audit.json")); err != nil || !strings.Contains(string(text), pool) {
			t.Fatalf("%v: %s", err, text)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond) // the file is looked for every second
		ask := func(operation string) int {
			r := httptest.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(`{"UserPoolId":"`+pool+`","PoolName":"second"}`))
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260314/us-east-1/cognito-idp/aws4_request, "+
				"SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
			r.Header.Set("X-Amz-Date", "20260314T150926Z")
			answer := httptest.NewRecorder()
			w.Server.Handler.ServeHTTP(answer, r)
			return answer.Code
		}
		first, second := ask("DescribeUserPool"), ask("CreateUserPool") // the second is not begun
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		third := ask("DescribeUserPool")
		want := []int{200, 200, 200}
		if required {
			want = []int{503, 503, 200}
		}
		pools := w.Must(t, "ListUserPools", M{"MaxResults": 10})["UserPools"].([]any)
		if begun := len(pools) > 1; begun == required {
			t.Errorf("required %t: %v", required, pools)
		}
		if got := []int{first, second, third}; !slices.Equal(got, want) {
			t.Errorf("required %t: answered %v, want %v", required, got, want)
		}
		if code, _ := w.Get(t, "/livez"); code != 200 {
			t.Errorf("/livez answers %d", code)
		}
	}
}

func TestCommandsAreRecorded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.json")
	c := server.Config{Account: servertest.Account, Region: "us-east-1", Version: "test", Audit: config.Audit{File: path, Required: true}}
	given := map[string]string{}
	if err := server.Recorded(t.Context(), c, "keys create", given, func() error { given["accessKeyId"] = "AKIA1"; return nil }); err != nil {
		t.Fatal(err)
	}
	failure := fmt.Errorf("postgres://user:SECRET@db")
	if err := server.Recorded(t.Context(), c, "keys delete", nil, func() error { return failure }); err == nil {
		t.Error("the command's error was lost")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var log servertest.AuditLog
	_, _ = log.Write(text)
	records := log.Take(t)
	says(t, records[0], map[string]any{"eventName": "keys create", "requestParameters.accessKeyId": "AKIA1", "eventSource": "cardea", "errorCode": nil})
	says(t, records[1], map[string]any{"eventName": "keys delete", "errorCode": "Failed"})
	if strings.Contains(string(text), "SECRET") {
		t.Error("a secret of an error is recorded")
	}

	c.Audit.File = t.TempDir()
	ran := false
	if err := server.Recorded(t.Context(), c, "keys create", nil, func() error { ran = true; return nil }); err == nil || ran {
		t.Errorf("%v; the command ran: %t", err, ran)
	}
}

func TestTheGuardsRequestsAreDataEventsWhereTheOperatorAsks(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{true, false} {
		log := &servertest.AuditLog{}
		w := servertest.New(t, "sqlite:"+filepath.Join(t.TempDir(), "cardea.db"), func(c *server.Config) {
			c.Guard = config.Guard{Addr: "127.0.0.1:0", Upstream: "http://127.0.0.1:1", UpstreamRegion: "home", AccessKeyID: "upstream", SecretAccessKey: "secret"}
			c.Audit.Stdout, c.Audit.DataEvents, c.Stdout = true, asked, log
		})
		root := w.Root(t)
		r := httptest.NewRequest(http.MethodGet, "/photos/a", http.NoBody)
		sigv4.SignS3(r, nil, "UNSIGNED-PAYLOAD", sigv4.Signer{Key: root.Key(), Call: sigv4.Call{Region: w.Region, Service: "s3", Now: w.Now()}})
		w.Server.Guard.ServeHTTP(httptest.NewRecorder(), r)
		if !asked {
			if list := log.Take(t); len(list) != 0 {
				t.Errorf("recorded %v", list)
			}
			continue
		}
		says(t, log.One(t), map[string]any{
			"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventCategory": "Data", "managementEvent": false, "readOnly": true,
			"userIdentity.type": "Root", "requestParameters.bucketName": "photos", "requestParameters.key": "a",
		})
	}
}
