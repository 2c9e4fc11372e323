package iam_test

import (
	"strings"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/accesskey"
	"cardea/record/datakey"
	"cardea/record/principal"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/iam"
	"cardea/spec/sigv4"
)

// signed is a production server with a client of IAM, who has a root key.
func signed(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, func(c *server.Config) { c.Dev = false })
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{masterKey}})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		id, secret, err := keys.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		body(t, w.On("iam").As(sigv4.Key{ID: id, Secret: secret}))
	})
}

// masterKey is the one of a World.
var masterKey = []byte(strings.Repeat("\x07", 32))

// everything is a policy that allows all operations of IAM and STS.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","sts:*"],"Resource":"*"}]}`

// user makes a user who may do everything, and gives a client with their key.
func user(t *testing.T, w *servertest.World, name string) *servertest.World {
	t.Helper()
	w.Must(t, "CreateUser", M{"UserName": name})
	w.Must(t, "PutUserPolicy", M{"UserName": name, "PolicyName": "all", "PolicyDocument": everything})
	return w.As(key(w.Must(t, "CreateAccessKey", M{"UserName": name})["AccessKey"].(M)))
}

// key is the key in an answer.
func key(answer M) sigv4.Key {
	return sigv4.Key{ID: text(answer, "AccessKeyId"), Secret: text(answer, "SecretAccessKey"), SessionToken: text(answer, "SessionToken")}
}

func TestNameMayBeLeftOutByUsers(t *testing.T) {
	t.Parallel()
	signed(t, func(t *testing.T, w *servertest.World) {
		ann := user(t, w, "ann")
		if got := text(ann.Must(t, "GetUser", nil), "User.UserName"); got != "ann" {
			t.Errorf("ann is %q", got)
		}
		second := ann.Must(t, "CreateAccessKey", nil)["AccessKey"].(M)
		if text(second, "UserName") != "ann" {
			t.Errorf("the new key is of %q", text(second, "UserName"))
		}
		ann.Fails(t, "CreateAccessKey", nil, "LimitExceeded", "")
		w.Must(t, "UpdateUser", M{"UserName": "ann", "NewUserName": "anna"})
		listed := ann.Must(t, "ListAccessKeys", nil)["AccessKeyMetadata"].([]any)
		if len(listed) != 2 || text(listed[0].(M), "UserName") != "anna" {
			t.Errorf("listed %v", listed)
		}
		ann.Must(t, "UpdateAccessKey", M{"AccessKeyId": second["AccessKeyId"], "Status": "Inactive"})
		w.As(key(second)).Fails(t, "GetUser", nil, "InvalidClientTokenId", "")
		ann.Must(t, "DeleteAccessKey", M{"AccessKeyId": second["AccessKeyId"]})
	})
}

// Who is no user of IAM has no keys that a request without a name could mean, and never those of the root user.
func TestNameIsNeededOfOthers(t *testing.T) {
	t.Parallel()
	signed(t, func(t *testing.T, w *servertest.World) {
		ann := user(t, w, "ann")
		trust := strings.Replace(other, "root", "user/ann", 1)
		role := text(w.Must(t, "CreateRole", M{"RoleName": "r", "AssumeRolePolicyDocument": trust}), "Role.Arn")
		w.Must(t, "PutRolePolicy", M{"RoleName": "r", "PolicyName": "all", "PolicyDocument": everything})
		out := ann.On("sts").Must(t, "AssumeRole", M{"RoleArn": role, "RoleSessionName": "session"})
		session := w.As(key(out["Credentials"].(M)))

		for operation, in := range map[string]M{
			"GetUser": nil, "CreateAccessKey": nil, "ListAccessKeys": nil, "DeleteAccessKey": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
			"UpdateAccessKey": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active"},
		} {
			session.Fails(t, operation, in, "ValidationError", "Must specify userName when calling with non-User credentials")
		}
		if got := text(session.Must(t, "GetUser", M{"UserName": "ann"}), "User.UserName"); got != "ann" {
			t.Errorf("got %q", got)
		}
		session.Fails(t, "GetAccessKeyLastUsed", M{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, "AccessDenied",
			"User: arn:aws:sts::"+servertest.Account+":assumed-role/r/session is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE")
	})
}

// Policies do not let such sessions call IAM; if they did, they would still be nobody's.
func TestFederatedUsersAreNoUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		id := text(w.Must(t, "CreateUser", M{"UserName": "ann"}), "User.UserId")
		ann := &principal.Principal{Kind: principal.User, ID: id, Name: "ann"}
		for name, c := range map[string]struct {
			caller *authorization.Principal
			want   string // the ARN; empty: refused
		}{
			"user":                     {&authorization.Principal{Entity: ann}, account + "user/ann"},
			"session of a user":        {&authorization.Principal{Entity: ann, Session: session(temporary.SessionToken)}, account + "user/ann"},
			"federated by a user":      {&authorization.Principal{Entity: ann, Session: session(temporary.FederatedToken)}, ""},
			"root":                     {&authorization.Principal{}, account + "root"},
			"session of root":          {&authorization.Principal{Session: session(temporary.SessionToken)}, account + "root"},
			"federated by root":        {&authorization.Principal{Session: session(temporary.FederatedToken)}, ""},
			"a user who is no more":    {&authorization.Principal{Entity: &principal.Principal{Kind: principal.User, ID: "AIDANONE", Name: "ann"}}, ""},
			"a role, without a name":   {&authorization.Principal{Entity: &principal.Principal{Kind: principal.Role}, Session: session(temporary.AssumedRole)}, ""},
			"a server without callers": {nil, account + "root"},
		} {
			ctx := t.Context()
			if c.caller != nil {
				ctx = authorization.With(ctx, c.caller)
			}
			got := ""
			out, err := w.Server.IAM.Iam.GetUser(ctx, &iam.GetUserRequest{})
			if err == nil {
				got = out.User.Arn
			}
			if got != c.want {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
			}
		}
	})
}

func session(kind temporary.Kind) *temporary.Session { return &temporary.Session{Kind: kind} }

func TestKeysOfTheDeletedDoNotSign(t *testing.T) {
	t.Parallel()
	signed(t, func(t *testing.T, w *servertest.World) {
		ann := user(t, w, "ann")
		ann.Must(t, "GetUser", nil)
		first := text(ann.Must(t, "ListAccessKeys", nil), "AccessKeyMetadata.0.AccessKeyId")
		w.Must(t, "DeleteAccessKey", M{"UserName": "ann", "AccessKeyId": first})
		ann.Fails(t, "GetUser", nil, "InvalidClientTokenId", "")
		w.Must(t, "DeleteUserPolicy", M{"UserName": "ann", "PolicyName": "all"})
		w.Must(t, "DeleteUser", M{"UserName": "ann"})
		user(t, w, "ann")
		ann.Fails(t, "GetUser", nil, "InvalidClientTokenId", "")
	})
}

// What a user's key did last is remembered, once a minute, when its signature was right.
func TestUsesOfKeysAreNoted(t *testing.T) {
	t.Parallel()
	signed(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		anns := key(w.Must(t, "CreateAccessKey", M{"UserName": "ann"})["AccessKey"].(M))
		last := func() M {
			t.Helper()
			if err := w.DB.Write(t.Context(), func(*db.Tx) error { return nil }); err != nil { // what is written soon is written now
				t.Fatal(err)
			}
			return w.Must(t, "GetAccessKeyLastUsed", M{"AccessKeyId": anns.ID})["AccessKeyLastUsed"].(M)
		}
		never := M{"ServiceName": "N/A", "Region": "N/A"}
		w.As(sigv4.Key{ID: anns.ID, Secret: strings.Repeat("x", 40)}).Fails(t, "GetUser", nil, "SignatureDoesNotMatch", "")
		equal(t, "after a wrong signature", never, last())

		w.As(anns).Fails(t, "ListUsers", nil, "AccessDenied", "")
		first := M{"ServiceName": "iam", "Region": "us-east-1", "LastUsedDate": created}
		equal(t, "after a request that was denied", first, last())
		w.Advance(59 * time.Second)
		w.On("sts").In("eu-west-1").As(anns).Must(t, "GetCallerIdentity", nil)
		equal(t, "within the minute", first, last())
		w.Advance(time.Second)
		w.On("sts").In("eu-west-1").As(anns).Must(t, "GetCallerIdentity", nil)
		equal(t, "after a minute", M{"ServiceName": "sts", "Region": "eu-west-1", "LastUsedDate": "2026-03-14T15:10:26.535Z"}, last())
	})
}

func TestSecretIsSealedUnderTheKeysLabel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		made := key(w.Must(t, "CreateAccessKey", M{"UserName": "ann"})["AccessKey"].(M))
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			row, err := accesskey.Get(tx, made.ID)
			if err != nil {
				return err
			}
			box, err := ring(t).ServerBox(tx)
			if err != nil {
				return err
			}
			secret, err := box.Open(accesskey.Label(made.ID), row.Sealed)
			if string(secret) != made.Secret {
				t.Error("another secret is stored")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// ring opens what a World has sealed.
func ring(t *testing.T) *datakey.Ring {
	t.Helper()
	return &datakey.Ring{Master: master(t)}
}

func master(t *testing.T) *seal.Master {
	t.Helper()
	m, err := seal.NewMaster(masterKey)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
