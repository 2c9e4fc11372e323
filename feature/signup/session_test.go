package signup_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

const (
	notASession = "Invalid session for the user."
	old         = "Invalid session for the user, session is expired."
	used        = "Invalid session for the user, session can only be used once."
)

// opened reads a Session as the server does, with the pool's key.
func opened(t *testing.T, w *servertest.World, step, session string) (st challenge.State, err error) {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	ring := &datakey.Ring{Master: master}
	err = w.DB.Read(t.Context(), func(tx *db.Tx) error {
		s, err := challenge.Enter(tx, access.Apps{Ring: ring}, session)
		if err == nil {
			st, err = s.Open(tx, step, session)
		}
		return err
	})
	return st, err
}

func TestSignUpSessionSignsIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(factors("EMAIL_OTP"), M{"UsernameConfiguration": M{"CaseSensitive": false}}))
		client := w.Client(t, pool, choosing)
		out := w.Must(t, "SignUp", with(signUpRequest(client), M{"Username": "Ann"}))
		began, err := opened(t, w, challenge.SigningUp, text(out, "Session"))
		if err != nil || string(began.Sub) != text(out, "UserSub") || began.Name != "ann" {
			t.Errorf("SignUp's session: %+v, %v", began, err)
		}

		confirm := with(who(client, "Ann"), M{"ConfirmationCode": w.Code(t, "ann@example.org"), "Session": out["Session"]})
		session := text(w.Must(t, "ConfirmSignUp", confirm), "Session")
		done, err := opened(t, w, challenge.SignedUp, session)
		if err != nil || done.Sub != began.Sub || done.Name != "ann" || done.Set != 0 {
			t.Errorf("ConfirmSignUp's session: %+v, %v", done, err)
		}
		if _, err := opened(t, w, challenge.SigningUp, text(out, "Session")); !errors.Is(err, challenge.ErrUsed) {
			t.Errorf("SignUp's session afterwards: %v", err)
		}
		w.Fails(t, "ConfirmSignUp", confirm, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	})
}

// A Session signs in without another code, so it is given only if a code sent to that address is a first factor, and only
// to clients with USER_AUTH.
func TestSessionsAreGivenWhereTheCodeWouldSignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for name, c := range map[string]struct {
			pool, client M
			want         bool
		}{
			"by mail":                   {factors("EMAIL_OTP"), choosing, true},
			"by phone":                  {with(factors("SMS_OTP"), M{"SmsConfiguration": texting}), choosing, false},
			"by passkey":                {factors("WEB_AUTHN"), choosing, false},
			"by password":               {verifies, choosing, false},
			"client that never chooses": {factors("EMAIL_OTP"), nil, false},
		} {
			client := w.Client(t, w.Pool(t, c.pool), c.client)
			address := strings.ReplaceAll(name, " ", "-") + "@example.org"
			in := with(jane(client), M{"UserAttributes": attributes("email", address)})
			if _, got := w.Must(t, "SignUp", in)["Session"]; got != c.want {
				t.Errorf("%s: SignUp answers a session: %v", name, got)
			}
			out := w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address)}))
			if _, got := out["Session"]; got != c.want {
				t.Errorf("%s: ConfirmSignUp answers a session: %v", name, got)
			}
		}
		if out := w.Must(t, "SignUp", with(jane(w.Client(t, w.Pool(t, factors("EMAIL_OTP")), choosing)), M{"UserAttributes": nil})); out["Session"] != nil {
			t.Errorf("a session without a code: %v", out)
		}
	})
}

func TestConfirmSignUpTakesTheSessionOfItsOwnSignUpAlone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, factors("EMAIL_OTP"))
		hides := with(choosing, M{"PreventUserExistenceErrors": "ENABLED"})
		client, other := w.Client(t, pool, hides), w.Client(t, pool, hides)
		session := w.Must(t, "SignUp", jane(client))["Session"]
		foreign := w.Must(t, "SignUp", with(jane(client), M{"Username": "foreign", "UserAttributes": attributes("email", "f@example.org")}))["Session"]
		elsewhere := w.Must(t, "SignUp", with(jane(other), M{"Username": "elsewhere"}))["Session"]
		signedUp := w.Must(t, "ConfirmSignUp", with(who(client, "foreign"), M{"ConfirmationCode": w.Code(t, "f@example.org")}))["Session"]

		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Inbox("jane@example.org")[0].Code})
		for range 4 { // more often than a code may be guessed at: none of these is a guess
			for _, bad := range []any{foreign, elsewhere, signedUp, strings.Repeat("x", 20), strings.Repeat("A", 2048)} {
				w.Fails(t, "ConfirmSignUp", with(confirm, M{"Session": bad}), "NotAuthorizedException", notASession)
				w.Fails(t, "ConfirmSignUp", with(confirm, M{"Session": bad, "Username": "unknown"}), "NotAuthorizedException", notASession)
			}
		}
		w.Fails(t, "ConfirmSignUp", with(confirm, M{"Session": session, "Username": "unknown"}), "NotAuthorizedException", notASession)
		w.Fails(t, "ConfirmSignUp", with(confirm, M{"Session": session, "ConfirmationCode": "wrong"}), "CodeMismatchException", "")
		w.Advance(3*time.Minute + time.Second)
		w.Fails(t, "ConfirmSignUp", with(confirm, M{"Session": session}), "NotAuthorizedException", old)
		w.Must(t, "ConfirmSignUp", confirm)
	})
}

func TestAConflictLeavesTheSessionGood(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(factors("EMAIL_OTP"), M{"AliasAttributes": []string{"email"}}))
		client := w.Client(t, pool, choosing)
		w.User(t, pool, "first", "email", "jane@example.org", "email_verified", "true")
		session := w.Must(t, "SignUp", jane(client))["Session"]
		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org"), "Session": session})
		w.Fails(t, "ConfirmSignUp", confirm, "AliasExistsException", "An account with the given email already exists.")
		out := w.Must(t, "ConfirmSignUp", with(confirm, M{"ForceAliasCreation": true}))
		if _, err := opened(t, w, challenge.SignedUp, text(out, "Session")); err != nil {
			t.Errorf("ConfirmSignUp's session: %v", err)
		}
	})
}

func TestOneOfHundredConfirmationsGetsASession(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, factors("EMAIL_OTP")), choosing)
		in := with(who(client, "ann"), M{"Session": w.Must(t, "SignUp", signUpRequest(client))["Session"]})
		in["ConfirmationCode"] = w.Code(t, "ann@example.org")
		sessions := make([]string, 100)
		var all sync.WaitGroup
		for i := range sessions {
			all.Go(func() {
				out, err := w.Call("ConfirmSignUp", in)
				if err != nil && !awsjson.IsFault(err, "NotAuthorizedException") {
					t.Error(err)
				}
				sessions[i] = text(out, "Session")
			})
		}
		all.Wait()

		given := 0
		for _, session := range sessions {
			if session == "" {
				continue
			}
			given++
			if _, err := opened(t, w, challenge.SignedUp, session); err != nil {
				t.Error(err)
			}
		}
		if given != 1 {
			t.Errorf("%d of 100 got a session, want 1", given)
		}
	})
}

// confirmedUser makes a pool in which ann has confirmed her account without a password; signIn has the Session that she got for it.
func confirmedUser(t *testing.T, w *servertest.World) (pool string, signIn M) {
	t.Helper()
	pool = w.Pool(t, factors("EMAIL_OTP"))
	client := w.Client(t, pool, choosing)
	out := w.Must(t, "SignUp", signUpRequest(client))
	signIn = M{"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "ann"}}
	asked := w.Must(t, "InitiateAuth", with(signIn, M{"Session": out["Session"]})) // SignUp's own proves nothing
	if asked["AuthenticationResult"] != nil || asked["ChallengeName"] != "SELECT_CHALLENGE" {
		t.Fatalf("the Session of an unconfirmed sign-up gave %v", asked)
	}
	confirm := with(who(client, "ann"), M{"ConfirmationCode": w.Code(t, "ann@example.org"), "Session": out["Session"]})
	signIn["Session"] = w.Must(t, "ConfirmSignUp", confirm)["Session"]
	w.Fails(t, "InitiateAuth", with(signIn, M{"Session": out["Session"]}), "NotAuthorizedException", used)
	return pool, signIn
}

func TestConfirmationSignsInOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, signIn := confirmedUser(t, w)
		w.Must(t, "SignUp", with(signUpRequest(signIn["ClientId"].(string)), M{"Username": "nina"}))
		w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "nina"})
		w.Fails(t, "InitiateAuth", with(signIn, M{"AuthParameters": M{"USERNAME": "nina"}}), "NotAuthorizedException", notASession)

		token := text(w.Must(t, "InitiateAuth", signIn), "AuthenticationResult.AccessToken")
		if user := w.Must(t, "GetUser", M{"AccessToken": token}); text(user, "Username") != "ann" {
			t.Errorf("signed in as %v", user)
		}
		w.Fails(t, "InitiateAuth", signIn, "NotAuthorizedException", used)
		w.Must(t, "ChangePassword", M{"AccessToken": token, "ProposedPassword": servertest.Password})
		w.SignIn(t, signIn["ClientId"].(string), "ann")
	})
}

func TestOneOfHundredSignsInByConfirmation(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, signIn := confirmedUser(t, w)
		if wins := hundred(t, w, "InitiateAuth", signIn, "NotAuthorizedException"); wins != 1 {
			t.Errorf("%d of 100 signed in, want 1", wins)
		}
	})
}

func TestAConfirmationExpires(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, signIn := confirmedUser(t, w)
		w.Advance(3*time.Minute + time.Second)
		w.Fails(t, "InitiateAuth", signIn, "NotAuthorizedException", old)

		pool, signIn := confirmedUser(t, w)
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": pool, "Username": "ann", "Password": servertest.Password, "Permanent": true})
		w.Fails(t, "InitiateAuth", signIn, "NotAuthorizedException", notASession)

		pool, signIn = confirmedUser(t, w)
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "ann"})
		w.Fails(t, "InitiateAuth", signIn, "NotAuthorizedException", notASession)
	})
}
