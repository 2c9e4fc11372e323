package mfa_test

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

type M = servertest.M

var (
	with = servertest.With
	text = servertest.Text
)

const (
	invalid  = "InvalidParameterException"
	refused  = "NotAuthorizedException"
	noToken  = "SoftwareTokenMFANotFoundException"
	mismatch = "EnableSoftwareTokenMFAException"
)

// house is a pool, an app of it and a user named alice.
type house struct {
	*servertest.World
	pool, client string
}

// open makes a house whose pool offers all second factors and demands none; alice has an address and a phone.
func open(t *testing.T, w *servertest.World) *house {
	t.Helper()
	h := &house{World: w}
	h.pool = w.Pool(t, M{
		"EmailConfiguration": M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"},
	})
	h.client = w.Client(t, h.pool, nil)
	h.mode(t, "OPTIONAL", nil)
	w.User(t, h.pool, "alice", "email", "alice@example.com", "email_verified", "true", "phone_number", "+15550100123", "phone_number_verified", "true")
	return h
}

// mode sets the pool's MfaConfiguration, with all factors but for the changes.
func (h *house) mode(t *testing.T, mode string, changes M) {
	t.Helper()
	h.Must(t, "SetUserPoolMfaConfig", with(M{
		"UserPoolId": h.pool, "MfaConfiguration": mode,
		"SmsMfaConfiguration":           M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
		"SoftwareTokenMfaConfiguration": M{"Enabled": true},
		"EmailMfaConfiguration":         M{"Message": "Code {####}", "Subject": "Code"},
	}, changes))
}

// bearer signs alice, who has no second factor yet, in.
func (h *house) bearer(t *testing.T) M {
	t.Helper()
	return M{"AccessToken": h.SignIn(t, h.client, "alice")["AccessToken"]}
}

func (h *house) who(username string) M { return M{"UserPoolId": h.pool, "Username": username} }

// session is what the MFA_SETUP challenge of a user's sign-in by password carries.
func (h *house) session(t *testing.T, client, username string) (session string) {
	t.Helper()
	return h.seal(t, client, username, "MFA_SETUP")
}

func (h *house) seal(t *testing.T, client, username, step string) (session string) {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32)) // the world's
	if err != nil {
		t.Fatal(err)
	}
	err = h.DB.Read(t.Context(), func(tx *db.Tx) error {
		app, err := access.Apps{Ring: &datakey.Ring{Master: master}}.Find(tx, client)
		if err != nil {
			return err
		}
		u, err := account.Find(tx, app.Pool, username)
		if err != nil {
			return err
		}
		state := challenge.New(tx.Now, username, u)
		state.Proven = []string{"PASSWORD"}
		session, err = challenge.Sessions{App: app}.Seal(step, state)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// wrong is another code than this one.
func wrong(code string) string {
	return code[:5] + string('0'+(code[5]-'0'+5)%10)
}

// race calls an operation a hundred times at once and counts who wins; the others must get one of the codes.
func race(t *testing.T, w *servertest.World, operation string, in M, codes ...string) {
	t.Helper()
	const runners = 100
	errs := make([]error, runners)
	var all sync.WaitGroup
	for i := range runners {
		all.Go(func() { _, errs[i] = w.Call(operation, in) })
	}
	all.Wait()
	winners := 0
	for _, err := range errs {
		fault, failed := errors.AsType[*awsjson.Fault](err)
		switch {
		case err == nil:
			winners++
		case !failed || !slices.Contains(codes, fault.Code):
			t.Errorf("a loser got %v", err)
		}
	}
	if winners != 1 {
		t.Errorf("%d of %d won, want 1", winners, runners)
	}
}
