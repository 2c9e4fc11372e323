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
	"cardea/server/servertest"
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
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32)) // the world's
	if err != nil {
		t.Fatal(err)
	}
	issuer := temporary.Issuer{DB: w.DB, Ring: &datakey.Ring{Master: master}}
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

// storedKey stores a root key that has no secret.
func storedKey(t testing.TB, w *servertest.World, id string) string {
	t.Helper()
	key := &accesskey.Key{ID: id, Sealed: []byte{0}, Status: accesskey.Active}
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return accesskey.Insert(tx, key) }); err != nil {
		t.Fatal(err)
	}
	return id
}
