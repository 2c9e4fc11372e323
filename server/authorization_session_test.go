package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// worker makes a role that caller may assume and that may do everything.
func worker(t *testing.T, w *servertest.World) {
	t.Helper()
	iam := w.Root(t).On("iam")
	iam.Must(t, "CreateRole", M{"RoleName": "worker", "AssumeRolePolicyDocument": trusting(account + "user/caller")})
	iam.Must(t, "PutRolePolicy", M{"RoleName": "worker", "PolicyName": "all", "PolicyDocument": document(allow("*", "*"))})
}

func unrecognized(t *testing.T, who *servertest.World) {
	t.Helper()
	_, err := who.Call("ListUserPools", M{"MaxResults": 1})
	if !awsjson.IsFault(err, "UnrecognizedClientException") || message(err) != "The security token included in the request is invalid." {
		t.Errorf("got %v", err)
	}
	if _, err := who.On("iam").Call("ListRoles", nil); !awsjson.IsFault(err, "InvalidClientTokenId") {
		t.Errorf("in XML: got %v", err)
	}
}

func TestARoleMadeAnewHonoursNoOldSession(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, iam := someone(t, w, "caller"), w.Root(t).On("iam")
		worker(t, w)
		before := assume(t, caller, nil)
		before.Must(t, "ListUserPools", M{"MaxResults": 1})

		iam.Must(t, "DeleteRolePolicy", M{"RoleName": "worker", "PolicyName": "all"})
		iam.Must(t, "DeleteRole", M{"RoleName": "worker"})
		unrecognized(t, before)
		worker(t, w)
		unrecognized(t, before)
		assume(t, caller, nil).Must(t, "ListUserPools", M{"MaxResults": 1})
	})
}

func TestUsersAndTheirSessionsEndWithThemAndTheirKeys(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, iam := someone(t, w, "caller"), w.Root(t).On("iam")
		grant(t, w, "caller", allow("*", "*"))
		own := session(caller, caller.On("sts").Must(t, "GetSessionToken", nil))
		named := federated(t, w, caller, M{"Policy": document(allow("*", "*"))})
		for _, who := range []*servertest.World{caller, own, named} {
			who.Must(t, "ListUserPools", M{"MaxResults": 1})
		}

		keyID := servertest.Text(iam.Must(t, "ListAccessKeys", M{"UserName": "caller"}), "AccessKeyMetadata.0.AccessKeyId")
		iam.Must(t, "UpdateAccessKey", M{"UserName": "caller", "AccessKeyId": keyID, "Status": "Inactive"})
		unrecognized(t, caller)
		unrecognized(t, own)
		named.Must(t, "ListUserPools", M{"MaxResults": 1})

		iam.Must(t, "DeleteAccessKey", M{"UserName": "caller", "AccessKeyId": keyID})
		iam.Must(t, "DeleteUserPolicy", M{"UserName": "caller", "PolicyName": "granted"})
		iam.Must(t, "DeleteUser", M{"UserName": "caller"})
		_ = someone(t, w, "caller")
		grant(t, w, "caller", allow("*", "*"))
		unrecognized(t, caller)
		unrecognized(t, own)
		unrecognized(t, named)
	})
}

// Sessions of users call neither IAM nor STS, bar AssumeRole and GetCallerIdentity.
func TestSessionsOfUsersAreNotProlonged(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, "sqlite:"+t.TempDir()+"/db", enforcing)
	caller := someone(t, w, "caller")
	grant(t, w, "caller", allow("*", "*"))
	worker(t, w)
	own := session(caller, caller.On("sts").Must(t, "GetSessionToken", nil))
	named := federated(t, w, caller, M{"Policy": document(allow("*", "*"))})
	for _, who := range []*servertest.World{own, named} {
		who.On("sts").Must(t, "GetCallerIdentity", nil)
		who.On("sts").Fails(t, "GetSessionToken", nil, "AccessDenied", "Cannot call GetSessionToken with session credentials")
		who.On("sts").Fails(t, "GetFederationToken", M{"Name": "more"}, "AccessDenied", "Cannot call GetFederationToken with session credentials")
		who.On("iam").Fails(t, "ListRoles", nil, "InvalidClientTokenId", "")
	}
	assume(t, own, nil).On("iam").Must(t, "ListRoles", nil)
	named.On("sts").Fails(t, "AssumeRole", M{"RoleArn": account + "role/worker", "RoleSessionName": "shift"}, "AccessDenied", "")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, "sqlite:"+t.TempDir()+"/db", enforcing)
	caller := someone(t, w, "caller")
	worker(t, w)
	shift := assume(t, caller, nil)
	w.Advance(time.Hour - 2*time.Second)
	shift.Must(t, "ListUserPools", M{"MaxResults": 1})
	w.Advance(2 * time.Second)
	shift.Fails(t, "ListUserPools", M{"MaxResults": 1}, "ExpiredTokenException", "The security token included in the request is expired")
	shift.On("sts").Fails(t, "GetCallerIdentity", nil, "ExpiredToken", "The security token included in the request is expired")
	if _, err := shift.On("iam").Call("ListRoles", nil); !awsjson.IsFault(err, "ExpiredToken") {
		t.Errorf("got %v", err)
	}
}

// AWS's console revokes the sessions of a role by such a policy.
func TestPoliciesRevokeOlderSessions(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller := someone(t, w, "caller")
		worker(t, w)
		older := assume(t, caller, nil)
		w.Advance(time.Minute)
		revoked := `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + w.Now().UTC().Format(time.RFC3339) + `"}}}`
		w.Root(t).On("iam").Must(t, "PutRolePolicy", M{"RoleName": "worker", "PolicyName": "revoke", "PolicyDocument": document(revoked)})
		if _, err := older.Call("ListUserPools", M{"MaxResults": 1}); !isDenied(err) || !strings.Contains(message(err), "explicit deny") {
			t.Errorf("an older session: got %v", err)
		}
		w.Advance(time.Second)
		assume(t, caller, nil).Must(t, "ListUserPools", M{"MaxResults": 1})
	})
}

// What one server changes holds on another of the same database within a second.
func TestChangesHoldOnOtherNodesWithinASecond(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	here, there := servertest.New(t, url, enforcing), servertest.New(t, url, enforcing)
	list := M{"MaxResults": 1}
	at := func(caller *servertest.World) *servertest.World { return there.As(caller.Key()) }
	caller := someone(t, here, "caller")
	worker(t, here)
	shift := assume(t, caller, nil)
	at(shift).Must(t, "ListUserPools", list)
	at(caller).Fails(t, "ListUserPools", list, "AccessDeniedException", "")

	grant(t, here, "caller", allow("*", "*"))
	here.Root(t).On("iam").Must(t, "DeleteRolePolicy", M{"RoleName": "worker", "PolicyName": "all"})
	caller.Must(t, "ListUserPools", list)
	shift.Fails(t, "ListUserPools", list, "AccessDeniedException", "")
	there.Advance(time.Second + time.Millisecond)
	at(caller).Must(t, "ListUserPools", list)
	at(shift).Fails(t, "ListUserPools", list, "AccessDeniedException", "")

	here.Root(t).On("iam").Must(t, "DeleteRole", M{"RoleName": "worker"})
	there.Advance(time.Second + time.Millisecond)
	unrecognized(t, at(shift))
}

func TestRootKeysMayDoEverything(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		root := w.Root(t)
		root.Must(t, "ListUserPools", M{"MaxResults": 1})
		root.On("iam").Must(t, "ListRoles", nil)
		if got := servertest.Text(root.On("sts").Must(t, "GetCallerIdentity", nil), "Arn"); got != account+"root" {
			t.Errorf("root is %s", got)
		}
		own := session(root, root.On("sts").Must(t, "GetSessionToken", nil))
		own.Must(t, "ListUserPools", M{"MaxResults": 1})
		w.Fails(t, "ListUserPools", M{"MaxResults": 1}, "UnrecognizedClientException", "") // with a key that nobody has
	})
}

// A development server that is asked to is as strict; one that is not knows whose its own keys are.
func TestDevelopmentServersKnowTheirKeys(t *testing.T) {
	t.Parallel()
	strict := servertest.New(t, "sqlite:"+t.TempDir()+"/db", func(c *server.Config) { c.EnforceIAM = true })
	strict.Fails(t, "ListUserPools", M{"MaxResults": 1}, "UnrecognizedClientException", "")
	strict.Root(t).Must(t, "ListUserPools", M{"MaxResults": 1})
	someone(t, strict, "caller").Fails(t, "ListUserPools", M{"MaxResults": 1}, "AccessDeniedException", "")

	w := servertest.New(t, "sqlite:"+t.TempDir()+"/db", nil)
	who := func(w *servertest.World) string {
		return servertest.Text(w.On("sts").Must(t, "GetCallerIdentity", nil), "Arn")
	}
	caller := someone(t, w, "caller")
	worker(t, w)
	shift := assume(t, caller, nil)
	for want, asking := range map[string]*servertest.World{
		"root":        w,
		"user/caller": caller,
		"arn:aws:sts::123456789012:assumed-role/worker/shift": shift,
	} {
		if got := strings.TrimPrefix(who(asking), account); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		asking.Must(t, "ListUserPools", M{"MaxResults": 1})
	}
	foreign := w.As(sigv4.Key{ID: "ASIAEXAMPLEEXAMPLE22", Secret: "of another server", SessionToken: "FwoGZXIvYXdzEXAMPLE"})
	if got := who(foreign); got != account+"root" {
		t.Errorf("a key of AWS's is %s", got)
	}
	w.Advance(2 * time.Hour)
	shift.Fails(t, "ListUserPools", M{"MaxResults": 1}, "ExpiredTokenException", "")
}

func TestPassingRolesIsAPermissionOfItsOwn(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, root := someone(t, w, "caller"), w.Root(t)
		worker(t, w)
		pool := root.Pool(t, nil)
		role, other := account+"role/worker", account+"role/other"
		identities := servertest.Text(root.On("cognito-identity").Must(t, "CreateIdentityPool", M{
			"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true,
		}), "IdentityPoolId")
		sms := func(role string) M { return M{"SnsCallerArn": role, "ExternalId": "e"} }
		cases := []struct {
			operation, service string
			in                 func(role string) M
		}{
			{"CreateGroup", "cognito-idp", func(role string) M { return M{"UserPoolId": pool, "GroupName": "g", "RoleArn": role} }},
			{"UpdateGroup", "cognito-idp", func(role string) M { return M{"UserPoolId": pool, "GroupName": "g", "RoleArn": role} }},
			{"CreateUserPool", "cognito-idp", func(role string) M { return M{"PoolName": "p", "SmsConfiguration": sms(role)} }},
			{"UpdateUserPool", "cognito-idp", func(role string) M { return M{"UserPoolId": pool, "SmsConfiguration": sms(role)} }},
			{"SetUserPoolMfaConfig", "cognito-idp", func(role string) M {
				return M{"UserPoolId": pool, "SmsMfaConfiguration": M{"SmsConfiguration": sms(role)}}
			}},
			{"SetIdentityPoolRoles", "cognito-identity", func(role string) M {
				return M{"IdentityPoolId": identities, "Roles": M{"authenticated": role}}
			}},
			{"SetIdentityPoolRoles", "cognito-identity", func(role string) M {
				return M{"IdentityPoolId": identities, "Roles": M{}, "RoleMappings": M{"accounts.google.com": M{
					"Type": "Rules", "AmbiguousRoleResolution": "Deny",
					"RulesConfiguration": M{"Rules": []M{{"Claim": "a", "MatchType": "Equals", "Value": "b", "RoleARN": role}}},
				}}}
			}},
		}
		may := allow("cognito-idp:*", "*") + "," + allow("cognito-identity:*", "*")
		pass := func(resource, to string) string {
			return `,{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + resource + `","Condition":{"StringEquals":{"iam:PassedToService":"` + to + `"}}}`
		}
		for _, c := range cases {
			on, host := caller.On(c.service), c.service+".amazonaws.com"
			refused := func(role, with string) {
				t.Helper()
				grant(t, w, "caller", may+with)
				code, text := "AccessDeniedException", "User: "+account+"user/caller is not authorized to perform: iam:PassRole on resource: "+role+
					" because no identity-based policy allows the iam:PassRole action"
				if c.service == "cognito-identity" {
					code, text = "NotAuthorizedException", "Access to Role '"+role+"' is forbidden."
				}
				on.Fails(t, c.operation, c.in(role), code, text)
			}
			refused(role, "")
			refused(other, pass(role, host))
			refused(role, pass(role, "lambda.amazonaws.com"))
			grant(t, w, "caller", may+pass(role, host))
			if _, err := on.Call(c.operation, c.in(role)); isDenied(err) || strings.Contains(message(err), "forbidden") {
				t.Errorf("%s: got %v", c.operation, err)
			}
		}
	})
}

// The address, the tags and the boundary that policies ask for are those that the server knows.
func TestConditionsAreWhatTheServerKnows(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, func(c *server.Config) {
		c.Dev, c.TrustedProxies = false, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}, func(t *testing.T, w *servertest.World) {
		caller, root := someone(t, w, "caller"), w.Root(t)
		decided := func(on *servertest.World, operation string, in M, want bool) {
			t.Helper()
			if _, err := on.Call(operation, in); isDenied(err) == want {
				t.Errorf("%s of %v: got %v, want it allowed: %v", operation, in, err, want)
			}
		}
		when := func(action, condition string) {
			t.Helper()
			grant(t, w, "caller", `{"Effect":"Allow","Action":"`+action+`","Resource":"*","Condition":{`+condition+`}}`)
		}
		list := M{"MaxResults": 1}

		when("*", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`)
		decided(caller.From("203.0.113.9"), "ListUserPools", list, true)
		decided(caller.From("198.51.100.1"), "ListUserPools", list, false)
		decided(caller.From("10.1.2.3").Forwarded("203.0.113.9"), "ListUserPools", list, true)
		decided(caller.From("198.51.100.1").Forwarded("203.0.113.9"), "ListUserPools", list, false)
		when("*", `"Bool":{"aws:SecureTransport":"true"}`)
		decided(caller.From("198.51.100.1").Forwarded("203.0.113.9"), "ListUserPools", list, false)
		decided(caller.From("10.1.2.3").Forwarded("203.0.113.9"), "ListUserPools", list, true)
		when("*", `"StringEquals":{"aws:RequestedRegion":"eu-west-1"}`)
		decided(caller.In("eu-west-1"), "ListUserPools", list, true)
		decided(caller, "ListUserPools", list, false)
		when("*", `"StringEquals":{"aws:username":"caller","aws:PrincipalType":"User","aws:PrincipalArn":"`+account+`user/caller","aws:PrincipalAccount":"123456789012"}`)
		decided(caller, "ListUserPools", list, true)
		when("*", `"Null":{"aws:TokenIssueTime":"false"}`)
		decided(caller, "ListUserPools", list, false)

		when("*", `"StringEquals":{"aws:RequestTag/team":"a"},"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`)
		decided(caller, "CreateUserPool", M{"PoolName": "p", "UserPoolTags": M{"team": "a"}}, true)
		decided(caller, "CreateUserPool", M{"PoolName": "p", "UserPoolTags": M{"team": "b"}}, false)
		decided(caller, "CreateUserPool", M{"PoolName": "p", "UserPoolTags": M{"team": "a", "more": "a"}}, false)
		decided(caller, "CreateUserPool", M{"PoolName": "p"}, false)
		caller.Fails(t, "CreateUserPool", M{"PoolName": "p", "UserPoolTags": M{"team": "a", "Team": "b"}}, "InvalidParameterException", "")
		when("*", `"StringEquals":{"aws:ResourceTag/team":"a"}`)
		mine, theirs := root.Pool(t, M{"UserPoolTags": M{"team": "a"}}), root.Pool(t, M{"UserPoolTags": M{"team": "b"}})
		decided(caller, "DescribeUserPool", M{"UserPoolId": mine}, true)
		decided(caller, "DescribeUserPool", M{"UserPoolId": theirs}, false)
		when("*", `"StringEquals":{"aws:PrincipalTag/team":"a"}`)
		decided(caller, "ListUserPools", list, false)
		root.On("iam").Must(t, "TagUser", M{"UserName": "caller", "Tags": []M{{"Key": "Team", "Value": "a"}}})
		decided(caller, "ListUserPools", list, true)

		iam := caller.On("iam")
		root.On("iam").Must(t, "CreateUser", M{"UserName": "member", "Path": "/team/"})
		grant(t, w, "caller", allow("iam:*", account+"user/team/*"))
		decided(iam, "GetUser", M{"UserName": "MEMBER"}, true) // names are found without regard to case
		decided(iam, "GetUser", M{"UserName": "caller"}, false)
		decided(iam, "GetUser", nil, false)
		decided(iam, "UpdateUser", M{"UserName": "member", "NewPath": "/admin/"}, false)
		decided(iam, "UpdateUser", M{"UserName": "member", "NewPath": "/team/b/"}, true)
		grant(t, w, "caller", allow("iam:*", account+"user/caller"))
		decided(iam, "GetUser", nil, true)
		grant(t, w, "caller", allow("iam:CreateUser", "*"))
		decided(iam, "CreateUser", M{"UserName": "tagged", "Tags": []M{{"Key": "a", "Value": "b"}}}, false)
		decided(iam, "CreateUser", M{"UserName": "plain"}, true)
		root.On("iam").Must(t, "CreatePolicy", M{"PolicyName": "edge", "PolicyDocument": document(allow("s3:*", "*"))})
		when("iam:*", `"StringEquals":{"iam:PermissionsBoundary":"`+account+`policy/edge"}`)
		create := M{"RoleName": "bound", "AssumeRolePolicyDocument": trusting(account + "root"), "PermissionsBoundary": account + "policy/edge"}
		decided(iam, "CreateRole", servertest.With(create, M{"PermissionsBoundary": nil}), false)
		decided(iam, "CreateRole", create, true)
		decided(iam, "PutRolePolicy", M{"RoleName": "bound", "PolicyName": "p", "PolicyDocument": document(allow("*", "*"))}, true)
		worker(t, w)
		decided(iam, "PutRolePolicy", M{"RoleName": "worker", "PolicyName": "p", "PolicyDocument": document(allow("*", "*"))}, false)
		when("iam:*", `"ArnEquals":{"iam:PolicyARN":"`+account+`policy/edge"}`)
		decided(iam, "AttachRolePolicy", M{"RoleName": "bound", "PolicyArn": account + "policy/edge"}, true)
		decided(iam, "AttachRolePolicy", M{"RoleName": "bound", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, false)
	})
}

// What asks policies by itself does so: keys of KMS once they are found, and the operators' endpoint.
func TestPoliciesDecideOnKeysAndTraces(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, func(c *server.Config) {
		c.Dev, c.KMSKeys = false, []config.KMSKey{{Key: "own", Aliases: []string{"alias/codes"}, Local: true}}
	}, func(t *testing.T, w *servertest.World) {
		caller, root := someone(t, w, "caller"), w.Root(t)
		own := "arn:aws:kms:us-east-1:123456789012:key/own"
		blob := servertest.Text(root.On("kms").Must(t, "GenerateDataKey", M{"KeyId": "own", "KeySpec": "AES_256"}), "CiphertextBlob")
		for operation, in := range map[string]M{
			"DescribeKey": {"KeyId": "alias/codes"}, "GenerateDataKey": {"KeyId": own, "KeySpec": "AES_256"}, "Decrypt": {"CiphertextBlob": blob},
		} {
			grant(t, w, "caller", allow("kms:*", "arn:aws:kms:us-east-1:123456789012:key/other"))
			action := "kms:" + operation
			denied := func(in M, resource string) {
				t.Helper()
				caller.On("kms").Fails(t, operation, in, "AccessDeniedException", "User: "+account+"user/caller is not authorized to perform: "+action+
					" on resource: "+resource+" because no identity-based policy allows the "+action+" action")
			}
			denied(in, own)
			if operation != "Decrypt" {
				denied(servertest.With(in, M{"KeyId": "alias/unknown"}), "*")
			}
			grant(t, w, "caller", allow(action, own))
			caller.On("kms").Must(t, operation, in)
		}
		grant(t, w, "caller", allow("kms:*", own))
		caller.On("kms").Fails(t, "Decrypt", M{"CiphertextBlob": "bm8ga2V5"}, "AccessDeniedException", "")

		pool := root.Pool(t, nil)
		traces := func() int {
			r := httptest.NewRequest(http.MethodGet, w.URL+"/_cardea/federation/traces?pool="+pool, nil)
			sigv4.Sign(r, nil, caller.Key(), sigv4.Call{Region: w.Region, Service: "cognito-idp", Now: w.Now()})
			answer := httptest.NewRecorder()
			w.Server.Handler.ServeHTTP(answer, r)
			return answer.Code
		}
		if got := traces(); got != http.StatusForbidden {
			t.Errorf("traces without a permission: got %d", got)
		}
		grant(t, w, "caller", allow("cognito-idp:ListFederationTraces", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/"+pool))
		if got := traces(); got != http.StatusOK {
			t.Errorf("traces with a permission: got %d", got)
		}
	})
}
