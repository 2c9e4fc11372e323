package sts_test

import (
	"bytes"
	"testing"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/accesskey"
	"cardea/record/datakey"
	"cardea/record/principal"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

type M = servertest.M

// The ARNs of the account begin with these.
const (
	iamARN = "arn:aws:iam::" + servertest.Account + ":"
	stsARN = "arn:aws:sts::" + servertest.Account + ":"
)

// trusting is a trust policy that lets a principal take actions, such as `"AWS": "…"`, on a condition such as `"Bool": {…}`.
func trusting(who, actions, condition string) string {
	if condition == "" {
		condition = `"Null": {"no:key": "true"}`
	}
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {` + who + `}, "Action": [` + actions + `], "Condition": {` + condition + `}}]}`
}

// rootTrust lets the account assume a role, with tags and a source identity.
var rootTrust = trusting(`"AWS": "`+iamARN+`root"`, `"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"`, "")

// role makes a role with a trust policy and answers its ARN. Sessions last maxSession seconds at most; 0: an hour.
func role(t testing.TB, w *servertest.World, name, trust string, maxSession int64) string {
	t.Helper()
	p := &principal.Principal{Kind: principal.Role, Name: name, Path: "/", Doc: principal.Doc{Trust: trust, MaxSession: maxSession}}
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return principal.Insert(tx, p) }); err != nil {
		t.Fatal(err)
	}
	return iamARN + "role/" + name
}

// session is what the credentials in an answer say. It checks that their id and secret go with their token.
func session(t testing.TB, w *servertest.World, answer M) *temporary.Session {
	t.Helper()
	issuer := temporary.Issuer{DB: w.DB, Ring: ring(t)}
	opened, err := issuer.Open(t.Context(), servertest.Text(answer, "Credentials.AccessKeyId"), servertest.Text(answer, "Credentials.SessionToken"))
	if err != nil {
		t.Fatalf("%v: %v", answer, err)
	}
	if got := servertest.Text(answer, "Credentials.SecretAccessKey"); got != opened.Secret {
		t.Errorf("the secret is %q, not the token's", got)
	}
	s, err := opened.Session()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := servertest.Text(answer, "Credentials.Expiration"), s.Expires.Format("2006-01-02T15:04:05.000Z"); got != want {
		t.Errorf("Expiration is %s, the token's %s", got, want)
	}
	return s
}

// temporaryKey is the id of temporary credentials.
func temporaryKey(t testing.TB, w *servertest.World) string {
	t.Helper()
	return servertest.Text(w.Must(t, "GetSessionToken", nil), "Credentials.AccessKeyId")
}

// storedKey stores a root key.
func storedKey(t testing.TB, w *servertest.World, id string) sigv4.Key {
	t.Helper()
	key := sigv4.Key{ID: id, Secret: accesskey.NewSecret()}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		box, err := ring(t).ServerBox(tx)
		if err != nil {
			return err
		}
		sealed := box.Seal(accesskey.Label(id), []byte(key.Secret))
		return accesskey.Insert(tx, &accesskey.Key{ID: id, Sealed: sealed, Status: accesskey.Active})
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ring has the world's keys.
func ring(t testing.TB) *datakey.Ring {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &datakey.Ring{Master: master}
}

// enforced runs body on servers that check signatures and ask policies, for the root user.
func enforced(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	enforce := func(c *server.Config) { c.EnforceIAM = true }
	servertest.EachWith(t, enforce, func(t *testing.T, w *servertest.World) {
		body(t, w.As(storedKey(t, w, accesskey.NewID())).On("sts"))
	})
}

// user makes a user of IAM with a policy, and answers their key and id.
func user(t testing.TB, w *servertest.World, name, document string) (sigv4.Key, string) {
	t.Helper()
	w = w.On("iam")
	made := w.Must(t, "CreateUser", M{"UserName": name})
	if document != "" {
		w.Must(t, "PutUserPolicy", M{"UserName": name, "PolicyName": "own", "PolicyDocument": document})
	}
	out := w.Must(t, "CreateAccessKey", M{"UserName": name})
	key := sigv4.Key{ID: servertest.Text(out, "AccessKey.AccessKeyId"), Secret: servertest.Text(out, "AccessKey.SecretAccessKey")}
	return key, servertest.Text(made, "User.UserId")
}

// allowing is a policy that allows an action on everything.
func allowing(actions string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [` + actions + `], "Resource": "*"}]}`
}

// keyOf is the key in an answer.
func keyOf(answer M) sigv4.Key {
	return sigv4.Key{
		ID: servertest.Text(answer, "Credentials.AccessKeyId"), Secret: servertest.Text(answer, "Credentials.SecretAccessKey"),
		SessionToken: servertest.Text(answer, "Credentials.SessionToken"),
	}
}
