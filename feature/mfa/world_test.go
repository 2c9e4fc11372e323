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

// pool is a user pool with one client and a user named alice.
type pool struct {
	*servertest.World
	id, client string
}

// newPool makes a pool that offers all second factors and demands none; alice has an address and a phone.
func newPool(t *testing.T, w *servertest.World) *pool {
	t.Helper()
	p := &pool{World: w}
	p.id = w.Pool(t, M{
		"EmailConfiguration": M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"},
	})
	p.client = w.Client(t, p.id, nil)
	p.mode(t, "OPTIONAL", nil)
	w.User(t, p.id, "alice", "email", "alice@example.com", "email_verified", "true", "phone_number", "+15550100123", "phone_number_verified", "true")
	return p
}

// mode sets the pool's MfaConfiguration, with all factors but for the changes.
func (p *pool) mode(t *testing.T, mode string, changes M) {
	t.Helper()
	p.Must(t, "SetUserPoolMfaConfig", with(M{
		"UserPoolId": p.id, "MfaConfiguration": mode,
		"SmsMfaConfiguration":           M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
		"SoftwareTokenMfaConfiguration": M{"Enabled": true},
		"EmailMfaConfiguration":         M{"Message": "Code {####}", "Subject": "Code"},
	}, changes))
}

// bearer signs alice, who has no second factor yet, in.
func (p *pool) bearer(t *testing.T) M {
	t.Helper()
	return M{"AccessToken": p.SignIn(t, p.client, "alice")["AccessToken"]}
}

// user is how administrators name a user of the pool.
func (p *pool) user(username string) M { return M{"UserPoolId": p.id, "Username": username} }

// challenge is the challenge after a user's password, empty if there is none.
func (p *pool) challenge(t *testing.T, username string) string {
	t.Helper()
	return text(p.Must(t, "AdminInitiateAuth", p.byPassword(username)), "ChallengeName")
}

// byPassword is a sign-in by an administrator with the user's password.
func (p *pool) byPassword(username string) M {
	return M{
		"UserPoolId": p.id, "ClientId": p.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
		"AuthParameters": M{"USERNAME": username, "PASSWORD": servertest.Password},
	}
}

// session is the Session of the MFA_SETUP challenge in a user's sign-in by password.
func (p *pool) session(t *testing.T, client, username string) (session string) {
	t.Helper()
	return p.seal(t, client, username, "MFA_SETUP")
}

func (p *pool) seal(t *testing.T, client, username, step string) (session string) {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32)) // the world's
	if err != nil {
		t.Fatal(err)
	}
	err = p.DB.Read(t.Context(), func(tx *db.Tx) error {
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

// wrong is a code that differs from this one.
func wrong(code string) string {
	return code[:5] + string('0'+(code[5]-'0'+5)%10)
}

// race calls an operation a hundred times at once: one call must succeed, the others get one of the codes.
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
