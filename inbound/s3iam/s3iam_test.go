package s3iam_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

// M is a JSON object.
type M = servertest.M

const (
	arnOfIAM = "arn:aws:iam::" + servertest.Account + ":"
	trust    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + servertest.Account + `"},"Action":"sts:AssumeRole"}}`
	own      = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos/${aws:username}/*"},
		{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::near","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`
	boundary = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}`
)

var gateway = sigv4.Key{ID: "gateway", Secret: "the gateway's secret"}

// each runs body with servers that answer a gateway.
func each(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	servertest.EachWith(t, func(c *server.Config) {
		c.S3IAM = config.S3IAM{Socket: "/nowhere", AccessKeyID: gateway.ID, SecretAccessKey: config.Secret(gateway.Secret)}
	}, body)
}

// question is what the gateway asks, signed.
func question(w *servertest.World, path string, in any) *http.Request {
	body, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://iam"+path, bytes.NewReader(body))
	r.RemoteAddr = "@"
	r.Header.Set("X-Vgw-Private-Protocol", "1")
	r.Header.Set("Content-Type", "application/json")
	sigv4.Sign(r, body, gateway, sigv4.Call{Region: "us-east-1", Service: "iam", Now: w.Now()})
	return r
}

// answer is what a question is answered.
func answer(t *testing.T, w *servertest.World, r *http.Request) (int, M) {
	t.Helper()
	recorder := httptest.NewRecorder()
	w.Server.S3IAM.ServeHTTP(recorder, r)
	if recorder.Header().Get("X-Vgw-Private-Protocol") != "1" {
		t.Errorf("%s: no version of the protocol", r.URL.Path)
	}
	var out M
	if err := json.Unmarshal(recorder.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v in %s", r.URL.Path, err, recorder.Body)
	}
	return recorder.Code, out
}

func ask(t *testing.T, w *servertest.World, path string, in any) M {
	t.Helper()
	status, out := answer(t, w, question(w, path, in))
	if status != http.StatusOK {
		t.Fatalf("%s: got %d, %v", path, status, out)
	}
	return out
}

func refused(t *testing.T, w *servertest.World, what string, r *http.Request, status int, code string) {
	t.Helper()
	if got, out := answer(t, w, r); got != status || out["code"] != code || out["error"] == "" {
		t.Errorf("%s: got %d, %v", what, got, out)
	}
}

// user makes a user with a policy and returns a key of theirs.
func user(t *testing.T, w *servertest.World, name string) sigv4.Key {
	t.Helper()
	iam := w.On("iam")
	iam.Must(t, "CreateUser", M{"UserName": name, "Path": "/team/"})
	iam.Must(t, "PutUserPolicy", M{"UserName": name, "PolicyName": "own", "PolicyDocument": own})
	key := iam.Must(t, "CreateAccessKey", M{"UserName": name})
	return sigv4.Key{ID: servertest.Text(key, "AccessKey.AccessKeyId"), Secret: servertest.Text(key, "AccessKey.SecretAccessKey")}
}

// session assumes a role that may do everything, narrowed by a policy or not.
func session(t *testing.T, w *servertest.World, narrow string) sigv4.Key {
	t.Helper()
	iam := w.On("iam")
	iam.Must(t, "CreateRole", M{"RoleName": "Reader", "AssumeRolePolicyDocument": trust})
	iam.Must(t, "PutRolePolicy", M{"RoleName": "Reader", "PolicyName": "p", "PolicyDocument": strings.ReplaceAll(boundary, "s3:Get*", "s3:*")})
	in := M{"RoleArn": arnOfIAM + "role/Reader", "RoleSessionName": "build"}
	if narrow != "" {
		in["Policy"] = narrow
	}
	out := w.On("sts").Must(t, "AssumeRole", in)
	return sigv4.Key{
		ID: servertest.Text(out, "Credentials.AccessKeyId"), Secret: servertest.Text(out, "Credentials.SecretAccessKey"),
		SessionToken: servertest.Text(out, "Credentials.SessionToken"),
	}
}

func TestGatewayIsAnsweredByItsKeyAndVersionAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		out := ask(t, w, "/private/version", M{})
		if out["protocol"] != 1.0 || out["minClient"] != 1.0 || out["accountId"] != servertest.Account {
			t.Errorf("got %v", out)
		}
		fresh := func() *http.Request { return question(w, "/private/version", M{}) }
		for what, change := range map[string]func(r *http.Request){
			"unsigned":     func(r *http.Request) { r.Header.Del("Authorization") },
			"another body": func(r *http.Request) { r.Body = http.NoBody },
			"another path": func(r *http.Request) { r.URL.Path = "/private/derive-signing-key" },
			"another key": func(r *http.Request) {
				sigv4.Sign(r, []byte("{}"), sigv4.Key{ID: gateway.ID, Secret: "x"}, sigv4.Call{Region: "us-east-1", Service: "iam", Now: w.Now()})
			},
			"another name": func(r *http.Request) {
				sigv4.Sign(r, []byte("{}"), sigv4.Key{ID: "x", Secret: gateway.Secret}, sigv4.Call{Region: "us-east-1", Service: "iam", Now: w.Now()})
			},
			"another service": func(r *http.Request) {
				sigv4.Sign(r, []byte("{}"), gateway, sigv4.Call{Region: "us-east-1", Service: "s3", Now: w.Now()})
			},
			"old": func(r *http.Request) {
				sigv4.Sign(r, []byte("{}"), gateway, sigv4.Call{Region: "us-east-1", Service: "iam", Now: w.Now().Add(-time.Hour)})
			},
		} {
			r := fresh()
			change(r)
			refused(t, w, what, r, 403, "SignatureDoesNotMatch")
		}
		r := fresh()
		r.Header.Set("X-Vgw-Private-Protocol", "2")
		refused(t, w, "another version", r, 400, "ProtocolMismatch")
		refused(t, w, "another question", question(w, "/private/other", M{}), 404, "NotFound")
	})
}

func TestSigningKeysAreThoseOfOneDayOfS3(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		alice, role := user(t, w, "alice"), session(t, w, "")
		in := func(k sigv4.Key) M {
			return M{"accessKeyId": k.ID, "sessionToken": k.SessionToken, "date": "20260314", "region": "us-east-1", "service": "s3"}
		}
		scope := sigv4.Scope{Date: "20260314", Region: "us-east-1", Service: "s3"}
		out := ask(t, w, "/private/derive-signing-key", in(alice))
		want := M{
			"derivedKey":   base64.StdEncoding.EncodeToString(sigv4.SigningKey(alice.Secret, scope)),
			"principalArn": arnOfIAM + "user/team/alice",
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
		out = ask(t, w, "/private/derive-signing-key", in(role))
		if out["principalArn"] != "arn:aws:sts::"+servertest.Account+":assumed-role/Reader/build" || out["roleArn"] != arnOfIAM+"role/Reader" ||
			out["derivedKey"] != base64.StdEncoding.EncodeToString(sigv4.SigningKey(role.Secret, scope)) {
			t.Errorf("got %v", out)
		}

		forged, other := role, alice
		forged.SessionToken += "x"
		other.ID = "AKIAAAAAAAAAAAAAAAAA"
		tokenless, tokened := role, alice
		tokenless.SessionToken, tokened.SessionToken = "", role.SessionToken
		for what, c := range map[string]struct {
			key  sigv4.Key
			code string
		}{"forged": {forged, "InvalidToken"}, "unknown": {other, "NoSuchIdentity"}, "no token": {tokenless, "InvalidToken"}, "a token too much": {tokened, "InvalidToken"}} {
			refused(t, w, what, question(w, "/private/derive-signing-key", in(c.key)), 403, c.code)
		}
		for name, value := range (M{"service": "iam", "date": "2026-03-14", "region": "US", "accessKeyId": ""}) {
			changed := servertest.With(in(alice), M{name: value})
			refused(t, w, name, question(w, "/private/derive-signing-key", changed), 400, "BadRequest")
		}
		w.On("iam").Must(t, "UpdateAccessKey", M{"UserName": "alice", "AccessKeyId": alice.ID, "Status": "Inactive"})
		refused(t, w, "disabled", question(w, "/private/derive-signing-key", in(alice)), 403, "NoSuchIdentity")
		w.Advance(2 * time.Hour)
		refused(t, w, "ended", question(w, "/private/derive-signing-key", in(role)), 403, "InvalidToken")
	})
}

func TestPoliciesAreEvaluatedApartFromThoseOfSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		alice := user(t, w, "alice")
		in := func(k sigv4.Key, condition M) M {
			return M{
				"accessKeyId": k.ID, "sessionToken": k.SessionToken, "region": "us-east-1", "service": "s3", "condition": condition,
				"actions":   []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
				"resources": []string{"arn:aws:s3:::photos/alice/k", "arn:aws:s3:::near"},
			}
		}
		forged := M{"AWS:UserName": []string{"bob"}, "aws:PrincipalArn": []string{"x"}, "aws:SourceIp": []string{"192.0.2.1"}}
		out := ask(t, w, "/private/evaluate-policy", in(alice, forged))
		want := M{
			"decisions":    []any{[]any{"allow", "allow", "deny"}, []any{"allow", "no_match", "deny"}},
			"principalArn": arnOfIAM + "user/team/alice",
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
		out = ask(t, w, "/private/evaluate-policy", in(alice, M{"aws:SourceIp": []string{"198.51.100.1"}}))
		if diff := cmp.Diff([]any{"no_match", "no_match", "deny"}, out["decisions"].([]any)[1]); diff != "" {
			t.Error(diff)
		}

		role := session(t, w, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}`)
		out = ask(t, w, "/private/evaluate-policy", in(role, nil))
		row := []any{"allow", "deny", "no_match"}
		all := []any{"allow", "allow", "allow"}
		want = M{
			"decisions": []any{all, all}, "sessionDecisions": []any{row, row}, "hasSessionPolicy": true,
			"principalArn": "arn:aws:sts::" + servertest.Account + ":assumed-role/Reader/build",
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}

		root := w.Root(t).Key()
		out = ask(t, w, "/private/evaluate-policy", in(root, nil))
		if diff := cmp.Diff([]any{all, all}, out["decisions"]); diff != "" {
			t.Error(diff)
		}
		many := in(alice, nil)
		many["resources"] = make([]string, 334)
		refused(t, w, "too many", question(w, "/private/evaluate-policy", many), 400, "BadRequest")
		refused(t, w, "no object", question(w, "/private/evaluate-policy", []string{}), 400, "BadRequest")
	})
}

func TestPrincipalsAreResolved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		alice, role := user(t, w, "alice"), session(t, w, "")
		out := ask(t, w, "/private/resolve-identity", M{"accessKeyIds": []string{alice.ID, role.ID, "AKIAAAAAAAAAAAAAAAAA", ""}})
		want := []any{
			M{"found": true, "kind": "user", "principalArn": arnOfIAM + "user/team/alice"}, M{"found": false}, M{"found": false}, M{"found": false},
		}
		if diff := cmp.Diff(want, out["identities"]); diff != "" {
			t.Error(diff)
		}
		valid := []string{
			servertest.Account, arnOfIAM + "root", arnOfIAM + "user/team/alice", arnOfIAM + "role/Reader",
			"arn:aws:sts::" + servertest.Account + ":assumed-role/Reader/anybody",
		}
		invalid := []any{
			arnOfIAM + "user/alice", arnOfIAM + "user/team/*", arnOfIAM + "role/team/Reader", arnOfIAM + "group/team",
			"arn:aws:iam::999999999999:root", "arn:aws-cn:iam::" + servertest.Account + ":root", alice.ID, "*", "",
			"arn:aws:sts::999999999999:assumed-role/Reader/anybody", "arn:aws:sts::" + servertest.Account + ":assumed-role/Reader/*", "arn:aws:sts::" + servertest.Account + ":assumed-role/None/anybody",
			"arn:aws:sts::" + servertest.Account + ":assumed-role/reader/anybody", "arn:aws:sts::" + servertest.Account + ":assumed-role/Reader",
		}
		asked := append([]string{}, valid...)
		for _, name := range invalid {
			asked = append(asked, name.(string))
		}
		out = ask(t, w, "/private/resolve-principals", M{"principals": asked})
		if diff := cmp.Diff(invalid, out["invalid"]); diff != "" {
			t.Error(diff)
		}
		out = ask(t, w, "/private/resolve-principals", M{"principals": valid})
		if diff := cmp.Diff([]any{}, out["invalid"]); diff != "" {
			t.Error(diff)
		}
	})
}

// The gateway may keep objects in files, where "a//b" is "a/b".
func TestEmptySegmentsEvadeNoPolicy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		alice := user(t, w, "alice")
		const deny = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::photos/alice/secret/k","arn:aws:s3:::photos//x"]}}`
		w.On("iam").Must(t, "PutUserPolicy", M{"UserName": "alice", "PolicyName": "secret", "PolicyDocument": deny})
		role := session(t, w, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos/alice/*"},`+
			`{"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::photos/alice/secret/k","arn:aws:s3:::photos//x"]}]}`)
		in := M{
			"actions": []string{"s3:GetObject"},
			"resources": []string{
				"arn:aws:s3:::photos/alice/secret//k", "arn:aws:s3:::photos//alice/secret/k", "arn:aws:s3:::photos/alice//secret/k/", "arn:aws:s3:::photos/alice//k",
				"arn:aws:s3:::photos//alice/k", "arn:aws:s3:::photos//x",
			},
		}
		want := []any{[]any{"deny"}, []any{"deny"}, []any{"allow"}, []any{"allow"}, []any{"no_match"}, []any{"deny"}}
		out := ask(t, w, "/private/evaluate-policy", servertest.With(in, M{"accessKeyId": alice.ID}))
		if diff := cmp.Diff(want, out["decisions"]); diff != "" {
			t.Error(diff)
		}
		out = ask(t, w, "/private/evaluate-policy", servertest.With(in, M{"accessKeyId": role.ID, "sessionToken": role.SessionToken}))
		if diff := cmp.Diff(want, out["sessionDecisions"]); diff != "" {
			t.Error(diff)
		}
	})
}
