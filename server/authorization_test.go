package server_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

func enforcing(c *server.Config) { c.Dev = false }

// account begins the ARNs of the tests' resources of IAM.
const account = "arn:aws:iam::" + servertest.Account + ":"

// someone makes a user of IAM with a key and answers the server called with it.
func someone(t *testing.T, w *servertest.World, name string) *servertest.World {
	t.Helper()
	iam := w.Root(t).On("iam")
	iam.Must(t, "CreateUser", M{"UserName": name})
	key := iam.Must(t, "CreateAccessKey", M{"UserName": name})
	return w.As(sigv4.Key{ID: servertest.Text(key, "AccessKey.AccessKeyId"), Secret: servertest.Text(key, "AccessKey.SecretAccessKey")})
}

// grant gives a user a policy, in the place of the one before.
func grant(t *testing.T, w *servertest.World, name, statements string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		user, err := principal.Get(tx, principal.User, name)
		if err != nil {
			return err
		}
		return policy.PutInline(tx, user.ID, policy.Inline{Name: "granted", Document: document(statements)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func document(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func allow(action, resource string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}`
}

// sample is what the members of requests hold that name resources.
var sample = M{
	"UserPoolId": "us-east-1_Example01", "IdentityPoolId": "us-east-1:00000000-0000-4000-8000-000000000001",
	"ResourceArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Example01",
	"RoleName":    "worker", "UserName": "other", "GroupName": "crowd", "PolicyName": "rules", "Name": "corp", "Url": "https://id.example.com/a",
	"PolicyArn": account + "policy/rules", "PolicySourceArn": account + "user/other", "TargetPrincipal": account + "root",
	"OpenIDConnectProviderArn": account + "oidc-provider/id.example.com/a", "SAMLProviderArn": account + "saml-provider/corp",
}

// expanded are the resources of requests with these members, by the templates of authorization.txt.
var expanded = map[string]string{
	"*":                              "*",
	"userpool/{UserPoolId}":          "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Example01",
	"identitypool/{IdentityPoolId}":  "arn:aws:cognito-identity:us-east-1:123456789012:identitypool/us-east-1:00000000-0000-4000-8000-000000000001",
	"{arn:ResourceArn}":              "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Example01",
	"{arn:PolicyArn}":                account + "policy/rules",
	"{arn:PolicySourceArn}":          account + "user/other",
	"{arn:TargetPrincipal}":          account + "root",
	"{arn:OpenIDConnectProviderArn}": account + "oidc-provider/id.example.com/a",
	"{arn:SAMLProviderArn}":          account + "saml-provider/corp",
	"oidc-provider/{url:Url}":        account + "oidc-provider/id.example.com/a",
	"saml-provider/{Name}":           account + "saml-provider/corp",
	"{role:RoleName}":                account + "role/worker",
	"{user:UserName}":                account + "user/other",
	"{group:GroupName}":              account + "group/crowd",
	"{moved:user}":                   account + "user/other",
	"{moved:group}":                  account + "group/crowd",
	"{key:AccessKeyId}":              account + "user/keyed",
	"role{Path=/}{RoleName}":         account + "role/worker",
	"user{Path=/}{UserName}":         account + "user/other",
	"group{Path=/}{GroupName}":       account + "group/crowd",
	"policy{Path=/}{PolicyName}":     account + "policy/rules",
	"federated-user/{Name}":          "arn:aws:sts::123456789012:federated-user/corp",
}

// requestFor has those sample members that the operation knows.
func requestFor(op *awsjson.Operation, keyID string) M {
	in := M{}
	for _, member := range op.Input.Members {
		if member.Name == "AccessKeyId" {
			in[member.Name] = keyID
		}
		if value, ok := sample[member.Name]; ok && member.Shape.Kind == awsjson.String {
			in[member.Name] = value
		}
	}
	return in
}

func services(w *servertest.World) map[string]awsjson.Service {
	return map[string]awsjson.Service{
		"cognito-idp": w.Server.API.Service(), "cognito-identity": w.Server.Identities.Service(), "iam": w.Server.IAM.Service(),
		"sts": w.Server.STS.Service(), "kms": w.Server.KMS.Service(),
	}
}

func isDenied(err error) bool {
	return awsjson.IsFault(err, "AccessDenied") || awsjson.IsFault(err, "AccessDeniedException")
}

// Every signed operation of every service is denied to a user whose policies do not allow its action, in AWS's words, also if they
// allow everything else; and is not to one whose policies allow exactly its action on exactly its resource.
func TestPoliciesDecideOnEverySignedOperation(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, tried := someone(t, w, "caller"), 0
		someone(t, w, "keyed")
		keyID := servertest.Text(w.Root(t).On("iam").Must(t, "ListAccessKeys", M{"UserName": "keyed"}), "AccessKeyMetadata.0.AccessKeyId")
		for name, service := range services(w) {
			on := caller.On(name)
			for _, operation := range slices.Sorted(maps.Keys(service.Operations)) {
				op := service.Operations[operation]
				if !op.Signed || op.Exempt {
					continue
				}
				tried++
				decidedByPolicies(t, w, on, &op, requestFor(&op, keyID))
			}
		}
		if tried < 200 {
			t.Errorf("only %d operations were tried", tried)
		}
	})
}

func decidedByPolicies(t *testing.T, w, on *servertest.World, op *awsjson.Operation, in M) {
	t.Helper()
	var exactly []string
	for _, p := range op.Permissions {
		if strings.HasPrefix(p.Resource, "{each:") || p.If != "" {
			continue // not needed for this request
		}
		resource, known := expanded[p.Resource]
		if !known {
			t.Fatalf("%s: the test does not know the resource %s", op.Name, p.Resource)
		}
		exactly = append(exactly, allow(p.Action, resource))
	}
	first := op.Permissions[0]
	want := "User: " + account + "user/caller is not authorized to perform: " + first.Action + " on resource: " + expanded[first.Resource] +
		" because no identity-based policy allows the " + first.Action + " action"

	for _, but := range []string{
		allow("none:Nothing", "*"),
		`{"Effect":"Allow","NotAction":"` + first.Action + `","Resource":"*"}`,
	} {
		grant(t, w, "caller", but)
		_, err := on.Call(op.Name, in)
		if !isDenied(err) || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s with %s: got %v, want %s", op.Name, but, err, want)
		}
	}
	grant(t, w, "caller", strings.Join(exactly, ","))
	if _, err := on.Call(op.Name, in); isDenied(err) {
		t.Errorf("%s with %s: got %v", op.Name, exactly, err)
	}
}

func TestFewOperationsNeedNoPermission(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, "sqlite:"+t.TempDir()+"/db", enforcing)
	var exempt []string
	for name, service := range services(w) {
		for operation, op := range service.Operations {
			if op.Exempt {
				exempt = append(exempt, name+":"+operation)
			}
		}
	}
	slices.Sort(exempt)
	want := []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "sts:AssumeRole", "sts:GetCallerIdentity", "sts:GetSessionToken"}
	if !slices.Equal(exempt, want) {
		t.Errorf("got %v", exempt)
	}
	caller := someone(t, w, "caller")
	caller.On("sts").Must(t, "GetCallerIdentity", nil)
	grant(t, w, "caller", `{"Effect":"Deny","Action":"*","Resource":"*"}`)
	if got := servertest.Text(caller.On("sts").Must(t, "GetCallerIdentity", nil), "Arn"); got != account+"user/caller" {
		t.Errorf("the caller is %s", got)
	}
}

// Who may not call an operation does not learn what is wrong with a request.
func TestRefusedCallersLearnNothingOfValidation(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, "sqlite:"+t.TempDir()+"/db", enforcing)
	caller := someone(t, w, "caller")
	for _, in := range []M{nil, {"UserPoolId": 7}, {"UserPoolId": ""}, {"UserPoolId": "no pool"}, {"Strange": []any{}}} {
		for range 2 {
			if _, err := caller.Call("DescribeUserPool", in); !isDenied(err) {
				t.Errorf("%v: got %v", in, err)
			}
			grant(t, w, "caller", allow("cognito-idp:*", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_*"))
		}
	}
	if _, err := caller.On("iam").Call("ListRoles", M{"MaxItems": "many"}); !isDenied(err) {
		t.Errorf("a form: got %v", err)
	}
	grant(t, w, "caller", allow("*", "*"))
	if _, err := caller.On("iam").Call("ListRoles", M{"MaxItems": "many"}); !awsjson.IsFault(err, "MalformedInput") {
		t.Errorf("a form of one who may: got %v", err)
	}
	if _, err := caller.Call("DescribeUserPool", M{"UserPoolId": 7}); !awsjson.IsFault(err, "SerializationException") {
		t.Errorf("of one who may: got %v", err)
	}
}

// message is the text of a fault.
func message(err error) string {
	fault, _ := errors.AsType[*awsjson.Fault](err)
	if fault == nil {
		return ""
	}
	return fault.Message
}

func TestDenialsNameTheirPolicies(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, iam := someone(t, w, "caller"), w.Root(t).On("iam")
		denied := func(who *servertest.World, end string) {
			t.Helper()
			_, err := who.Call("ListUserPools", M{"MaxResults": 1})
			if !isDenied(err) || !regexp.MustCompile(`^User: arn:aws:(iam|sts)::123456789012:(user/caller|assumed-role/worker/shift|federated-user/feda) is not authorized to perform: `+
				`cognito-idp:ListUserPools on resource: \* `+end+`$`).MatchString(message(err)) {
				t.Errorf("got %v, want …%s", err, end)
			}
		}
		denied(caller, "because no identity-based policy allows the cognito-idp:ListUserPools action")
		grant(t, w, "caller", allow("*", "*")+`,{"Effect":"Deny","Action":"cognito-idp:List*","Resource":"*"}`)
		denied(caller, "with an explicit deny in an identity-based policy")
		grant(t, w, "caller", allow("*", "*"))
		caller.Must(t, "ListUserPools", M{"MaxResults": 1})

		iam.Must(t, "CreatePolicy", M{"PolicyName": "narrow", "PolicyDocument": document(allow("sts:*", "*"))})
		iam.Must(t, "PutUserPermissionsBoundary", M{"UserName": "caller", "PermissionsBoundary": account + "policy/narrow"})
		denied(caller, "because no permissions boundary allows the cognito-idp:ListUserPools action")
		iam.Must(t, "DeleteUserPermissionsBoundary", M{"UserName": "caller"})

		narrow := document(allow("cognito-idp:Describe*", "*"))
		session := federated(t, w, caller, M{"Policy": narrow})
		denied(session, "because no session policy allows the cognito-idp:ListUserPools action")
		denied(federated(t, w, caller, M{}), "because no session policy allows the cognito-idp:ListUserPools action")
		federated(t, w, caller, M{"Policy": document(allow("*", "*"))}).Must(t, "ListUserPools", M{"MaxResults": 1})
		denied(federated(t, w, caller, M{"Policy": document(allow("*", "*") + `,{"Effect":"Deny","Action":"*","Resource":"*"}`)}), "with an explicit deny in a session policy")

		iam.Must(t, "CreateRole", M{"RoleName": "worker", "AssumeRolePolicyDocument": trusting(account + "user/caller")})
		iam.Must(t, "PutRolePolicy", M{"RoleName": "worker", "PolicyName": "p", "PolicyDocument": document(allow("*", "*"))})
		assume(t, caller, M{}).Must(t, "ListUserPools", M{"MaxResults": 1})
		denied(assume(t, caller, M{"Policy": narrow}), "because no session policy allows the cognito-idp:ListUserPools action")
	})
}

// trusting is a trust policy for somebody of the account.
func trusting(whom string) string {
	return document(`{"Effect":"Allow","Principal":{"AWS":"` + whom + `"},"Action":["sts:AssumeRole","sts:TagSession"]}`)
}

// session is the server called with the credentials of an answer.
func session(w *servertest.World, out M) *servertest.World {
	return w.As(sigv4.Key{
		ID: servertest.Text(out, "Credentials.AccessKeyId"), Secret: servertest.Text(out, "Credentials.SecretAccessKey"),
		SessionToken: servertest.Text(out, "Credentials.SessionToken"),
	})
}

func assume(t *testing.T, caller *servertest.World, in M) *servertest.World {
	t.Helper()
	in = servertest.With(M{"RoleArn": account + "role/worker", "RoleSessionName": "shift"}, in)
	return session(caller, caller.On("sts").Must(t, "AssumeRole", in))
}

func federated(t *testing.T, w, caller *servertest.World, in M) *servertest.World {
	t.Helper()
	return session(w, caller.On("sts").Must(t, "GetFederationToken", servertest.With(M{"Name": "feda"}, in)))
}
