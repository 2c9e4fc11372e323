package signin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/user"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const old = "old" // the password of users in the other directory: no policy allows it

// directory has the function answer for the users of another directory, by name: what it answers for each, to whoever knows
// their password. Others it refuses.
func directory(f *triggertest.Function, users map[string]M) {
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		answer, known := users[call.UserName()]
		switch {
		case call.Source() == "PreAuthentication_Authentication":
			return triggertest.Answer{}
		case !known || call.Request()["password"] != old:
			return triggertest.Answer{Raise: "wrong password"}
		}
		return triggertest.Answer{Response: answer}
	})
}

// migrant is an answer with these attributes.
func migrant(status string, pairs ...string) M {
	attributes := M{}
	for i := 0; i < len(pairs); i += 2 {
		attributes[pairs[i]] = pairs[i+1]
	}
	answer := M{"userAttributes": attributes, "messageAction": "SUPPRESS"}
	if status != "" {
		answer["finalUserStatus"] = status
	}
	return answer
}

// eachMigration is eachTrigger for pools that migrate users.
func eachMigration(t *testing.T, pool, client M, body func(t *testing.T, w *world, f *triggertest.Function)) {
	t.Helper()
	eachTrigger(t, []string{"UserMigration", "PreAuthentication"}, pool, client, body)
}

var hiding = M{"PreventUserExistenceErrors": "ENABLED"}

// described is a user's status and attributes, without the sub.
func (w *world) described(t *testing.T, name string) (status string, attributes M) {
	t.Helper()
	out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": name})
	attributes = M{}
	for _, a := range out["UserAttributes"].([]any) {
		if a.(M)["Name"] != "sub" {
			attributes[servertest.Text(a.(M), "Name")] = a.(M)["Value"]
		}
	}
	return servertest.Text(out, "UserStatus"), attributes
}

// stored is a user's row.
func (w *world) stored(t *testing.T, name string) (u *user.User) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		u, err = user.ByName(tx, id.Pool(w.pool), user.NameKey(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// accounts is all that is stored, but for the counts of failures.
func (w *world) accounts(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(dbtest.Rows(t, w.DB), func(row string) bool { return strings.HasPrefix(row, "attempt ") })
}

func (w *world) absent(t *testing.T, name string) {
	t.Helper()
	w.Fails(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": name}, "UserNotFoundException", "")
}

func (w *world) notMigrated(t *testing.T, name, pw string) {
	t.Helper()
	w.Fails(t, "InitiateAuth", w.byPassword(name, pw), "UserNotFoundException", "Exception migrating user in app client "+w.client)
}

func TestUsersAreMigratedAtTheirFirstSignIn(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		directory(f, map[string]M{"bob": migrant("CONFIRMED", "email", "bob@example.com", "email_verified", "true", "name", "Bob")})
		w.notMigrated(t, "bob", "not the old one")
		w.absent(t, "bob")
		in := w.byPassword("bob", old)
		in["ClientMetadata"] = M{"k": "v"}
		tokens(t, w.Must(t, "InitiateAuth", in))

		want := M{"email": "bob@example.com", "email_verified": "true", "name": "Bob"}
		status, attributes := w.described(t, "bob")
		if diff := cmp.Diff(want, attributes); diff != "" || status != "CONFIRMED" {
			t.Errorf("the user is %s (-want +got):\n%s", status, diff)
		}
		calls := f.Calls()
		if diff := cmp.Diff([]string{"UserMigration_Authentication", "UserMigration_Authentication", "PreAuthentication_Authentication"}, sources(f, 0)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		asked := M{"password": old, "validationData": M{"k": "v"}, "userAttributes": nil}
		if diff := cmp.Diff(any(asked), any(calls[1].Request())); diff != "" || calls[1].UserName() != "bob" {
			t.Errorf("about %s the function was told (-want +got):\n%s", calls[1].UserName(), diff)
		}
		if unknown := calls[2].Request()["userNotFound"]; unknown != false {
			t.Errorf("PreAuthentication is not told of the user: %v", calls[2].Request())
		}

		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "bob"), old)))
		w.Fails(t, "InitiateAuth", w.byPassword("bob", "another"), "NotAuthorizedException", wrong)
		if n := strings.Count(strings.Join(sources(f, 0), " "), "UserMigration"); n != 2 {
			t.Errorf("a user who is there is asked for: %v", sources(f, 0))
		}
		if messages := w.Inbox(""); len(messages) > 0 {
			t.Errorf("messages %v", messages)
		}
	})
}

func TestEveryFlowThatSendsThePasswordMigrates(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				users := map[string]M{}
				for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
					users[name] = migrant("CONFIRMED", "name", name)
				}
				directory(f, users)
				admin := func(flow, name string) M {
					return M{"UserPoolId": w.pool, "ClientId": w.client, "AuthFlow": flow, "AuthParameters": M{"USERNAME": name, "PASSWORD": old}}
				}
				tokens(t, w.Must(t, "AdminInitiateAuth", admin("ADMIN_USER_PASSWORD_AUTH", "a")))
				tokens(t, w.Must(t, "AdminInitiateAuth", admin("ADMIN_NO_SRP_AUTH", "b")))
				tokens(t, w.Must(t, "InitiateAuth", w.start("USER_AUTH", "c", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": old})))
				if client == nil {
					return // an unknown user is told before a choice
				}
				begun := len(f.Calls())
				choice := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "d", nil))
				other := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "e", M{"PREFERRED_CHALLENGE": "PASSWORD"}))
				if diff := cmp.Diff([]string{"PreAuthentication_Authentication", "PreAuthentication_Authentication"}, sources(f, begun)); diff != "" {
					t.Errorf("a choice (-want +got):\n%s", diff)
				}
				in := w.reply(choice, M{"USERNAME": "d", "ANSWER": "PASSWORD", "PASSWORD": old})
				in["ClientMetadata"] = M{"k": "v"}
				tokens(t, w.Must(t, "RespondToAuthChallenge", in))
				asked := f.Calls()[begun+2].Request()
				if diff := cmp.Diff(any(M{"password": old, "validationData": nil, "clientMetadata": M{"k": "v"}, "userAttributes": nil}), any(asked)); diff != "" {
					t.Errorf("the function was told (-want +got):\n%s", diff)
				}
				w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", "") // the Session is used up
				tokens(t, w.answers(t, other, M{"USERNAME": "e", "PASSWORD": old}))
			})
		})
	}
}

func TestFlowsWithoutThePasswordDoNotMigrate(t *testing.T) {
	eachMigration(t, M{
		"EmailConfiguration": mailing(), "Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
	}, hiding, func(t *testing.T, w *world, f *triggertest.Function) {
		directory(f, map[string]M{"bob": migrant("CONFIRMED", "email", "bob@example.com", "email_verified", "true")})
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "bob"), old), "NotAuthorizedException", wrong)
		code := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", M{"PREFERRED_CHALLENGE": "EMAIL_OTP", "PASSWORD": old}))
		w.refused(t, code, M{"USERNAME": "bob", "EMAIL_OTP_CODE": "12345678"}, "CodeMismatchException", "")
		if got := strings.Join(sources(f, 0), " "); strings.Contains(got, "UserMigration") {
			t.Errorf("asked: %s", got)
		}
		w.absent(t, "bob")
	})
}

func TestAMigratedUserWhoMustResetTheirPasswordIsToldSo(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, M{"AutoVerifiedAttributes": []string{"email"}}, client, func(t *testing.T, w *world, f *triggertest.Function) {
				directory(f, map[string]M{"bob": migrant("", "email", "bob@example.com", "email_verified", "true")})
				w.Fails(t, "InitiateAuth", w.byPassword("bob", old), "PasswordResetRequiredException", "Password reset required for the user")
				if u := w.stored(t, "bob"); u.Status != "RESET_REQUIRED" || u.Password != nil {
					t.Errorf("the user is %s, with a password of %d bytes", u.Status, len(u.Password))
				}
				w.Must(t, "ForgotPassword", M{"ClientId": w.client, "Username": "bob"})
				w.Must(t, "ConfirmForgotPassword", M{"ClientId": w.client, "Username": "bob", "Password": password, "ConfirmationCode": w.Code(t, "bob@example.com")})
				w.Fails(t, "InitiateAuth", w.byPassword("bob", old), "NotAuthorizedException", wrong)
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", password)))
			})
		})
	}
}

func TestMigratedUsersNeedTheirSecondFactor(t *testing.T) {
	eachMigration(t, M{"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL"}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		texts := func(answer M) M { return servertest.With(answer, M{"enableSMSMFA": true}) }
		directory(f, map[string]M{
			"bob":   texts(migrant("CONFIRMED", "phone_number", phone)),
			"carol": texts(migrant("CONFIRMED", "name", "Carol")),
		})
		asked := expect(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)), "SMS_MFA")
		if asked["CODE_DELIVERY_DELIVERY_MEDIUM"] != "SMS" {
			t.Errorf("asked for %v", asked)
		}
		out := w.Must(t, "InitiateAuth", w.byPassword("bob", old))
		tokens(t, w.answers(t, out, M{"USERNAME": "bob", "SMS_MFA_CODE": w.Code(t, phone)}))
		w.notMigrated(t, "carol", old)
		w.absent(t, "carol")

		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "MfaConfiguration": "OFF"})
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "SmsMfaConfiguration": M{"SmsConfiguration": texting()}})
		directory(f, map[string]M{"dave": texts(migrant("CONFIRMED", "phone_number", phone))})
		w.notMigrated(t, "dave", old)
		w.absent(t, "dave")
	})
}

func TestAPoolThatRequiresASecondFactorRequiresItOfMigratedUsers(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
		expect(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)), "MFA_SETUP")
	})
}

func TestWhoIsNotMigratedIsUnknown(t *testing.T) {
	long := strings.Repeat("x", 257)
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, M{"SmsConfiguration": texting()}, client, func(t *testing.T, w *world, f *triggertest.Function) {
				code, text := "UserNotFoundException", "Exception migrating user in app client "+w.client
				if client != nil {
					code, text = "NotAuthorizedException", wrong
				}
				for name, answer := range map[string]triggertest.Answer{
					"refused":  {Raise: "no such user"},
					"invalid":  {Raw: []byte("[]")},
					"empty":    {Response: M{}},
					"sub":      {Response: migrant("CONFIRMED", "sub", "a1b2c3d4-5678-90ab-cdef-000000000002")},
					"username": {Response: migrant("CONFIRMED", "username", "username")},
					"custom":   {Response: migrant("CONFIRMED", "custom:unknown", "x")},
					"email":    {Response: migrant("CONFIRMED", "email", "nonsense")},
					"flag":     {Response: migrant("CONFIRMED", "email_verified", "true")},
					"status":   {Response: migrant("ARCHIVED", "name", "x")},
					"gone":     {Status: 404, Code: "ResourceNotFoundException"},
				} {
					f.Handle(func(call triggertest.Invocation) triggertest.Answer {
						if strings.HasPrefix(call.Source(), "UserMigration") {
							return answer
						}
						return triggertest.Answer{}
					})
					begun, before := len(f.Calls()), w.accounts(t)
					w.Fails(t, "InitiateAuth", w.byPassword(name, old), code, text)
					if diff := cmp.Diff(before, w.accounts(t)); diff != "" {
						t.Errorf("%s leaves something behind (-before +after):\n%s", name, diff)
					}
					if !strings.Contains(strings.Join(sources(f, begun), " "), "UserMigration") {
						t.Errorf("%s: the function was not asked", name)
					}
					w.absent(t, name)
				}

				begun := len(f.Calls())
				directory(f, map[string]M{"long": migrant("CONFIRMED", "name", "x"), long: migrant("CONFIRMED", "name", "x"), "a b": migrant("CONFIRMED", "name", "x")})
				for name, pw := range map[string]string{"long": long, long: old, "a b": old} {
					w.Fails(t, "InitiateAuth", w.byPassword(name, pw), code, text)
				}
				if got := strings.Join(sources(f, begun), " "); strings.Contains(got, "UserMigration") {
					t.Errorf("asked for a user who cannot be created: %s", got)
				}
			})
		})
	}
}

func TestAliasesOfMigratedUsers(t *testing.T) {
	eachMigration(t, M{"AliasAttributes": []string{"email"}}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.give(t, "alice", "email", mailbox, "email_verified", "true")
		answer := migrant("CONFIRMED", "email", mailbox, "email_verified", "true")
		directory(f, map[string]M{"bob": answer})
		w.notMigrated(t, "bob", old)
		w.absent(t, "bob")
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword(mailbox, password))) // still alice's

		w.Advance(time.Minute)
		directory(f, map[string]M{"bob": servertest.With(answer, M{"forceAliasCreation": true}), "carol@example.com": answer})
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword(mailbox, old)))
		if _, attributes := w.described(t, "alice"); attributes["email_verified"] != "false" {
			t.Errorf("the alias is still alice's: %v", attributes)
		}
		begun := len(f.Calls())
		w.notMigrated(t, "carol@example.com", old)
		if n := len(f.Calls()) - begun; n != 0 {
			t.Errorf("asked %d times for what cannot be a user name", n)
		}
	})
}

func TestMigratedUsersOfPoolsWhoseUserNamesAreAddresses(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.pool = w.Pool(t, M{
			"UsernameAttributes": []string{"email"}, "UsernameConfiguration": M{"CaseSensitive": false},
			"LambdaConfig": M{"UserMigration": triggertest.ARN("f")},
		})
		w.client = w.Client(t, w.pool, nil)
		directory(f, map[string]M{
			"bob@example.com":   migrant("CONFIRMED", "email", "Bob@Example.com", "username", "bob"),
			"carol@example.com": migrant("CONFIRMED", "email", "another@example.com"),
			"dave@example.com":  migrant("CONFIRMED", "name", "Dave"),
			"eve":               migrant("CONFIRMED", "email", "eve@example.com"),
		})
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("Bob@Example.com", old)))
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("dave@example.com", old)))
		out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": "BOB@example.com"})
		if name := servertest.Text(out, "Username"); len(name) != 36 {
			t.Errorf("the user name is %s, no sub", name)
		}
		_, attributes := w.described(t, "bob@example.com")
		if diff := cmp.Diff(M{"email": "bob@example.com"}, attributes); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.notMigrated(t, "carol@example.com", old)
		begun := len(f.Calls())
		w.notMigrated(t, "eve", old)
		if n := len(f.Calls()) - begun; n != 0 {
			t.Errorf("asked %d times for what cannot be a user name", n)
		}
	})
}

func TestAMigratedUserIsOfferedWhatTheyHave(t *testing.T) {
	eachMigration(t, M{
		"EmailConfiguration": mailing(), "SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL",
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
	}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		directory(f, map[string]M{"bob": servertest.With(migrant("CONFIRMED", "phone_number", phone), M{"enableSMSMFA": true})})
		out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": old}))
		expect(t, out, "SMS_MFA")
		if diff := cmp.Diff([]string{"PASSWORD", "PASSWORD_SRP"}, available(t, out), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// An invitation with the place of a password would show the user's own.
func TestMigratedUsersAreInvitedWithoutAPassword(t *testing.T) {
	eachMigration(t, M{
		"EmailConfiguration": mailing(), "SmsConfiguration": texting(),
		"Policies":              M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
		"AdminCreateUserConfig": M{"InviteMessageTemplate": M{"EmailMessage": "Welcome, {username}", "EmailSubject": "Welcome"}},
	}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		invited := func(email string, mediums ...string) M {
			answer := migrant("CONFIRMED", "email", email, "phone_number", phone)
			delete(answer, "messageAction")
			return servertest.With(answer, M{"desiredDeliveryMediums": mediums})
		}
		directory(f, map[string]M{
			"bob":   invited("bob@example.com", "EMAIL", "SMS"),
			"carol": invited("carol@example.com"),
			"dave":  servertest.With(invited("dave@example.com", "EMAIL"), M{"messageAction": "SUPPRESS"}),
		})
		for _, name := range []string{"bob", "carol", "dave"} {
			tokens(t, w.Must(t, "InitiateAuth", w.byPassword(name, old)))
		}
		messages := w.Inbox("")
		if len(messages) != 1 || messages[0].To != "bob@example.com" || messages[0].Body != "Welcome, bob" {
			t.Errorf("messages %+v", messages)
		}
	})
}

// A gate that is not asked about users who do not exist is asked about those who do by now.
func TestMigratedUsersPassPreAuthentication(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				f.Handle(func(call triggertest.Invocation) triggertest.Answer {
					switch {
					case call.Source() == "UserMigration_Authentication":
						return triggertest.Answer{Response: migrant("CONFIRMED", "name", "Bob")}
					case call.Request()["userNotFound"] == true:
						return triggertest.Answer{}
					}
					return triggertest.Answer{Raise: "not today"}
				})
				w.Fails(t, "InitiateAuth", w.byPassword("bob", old), "UserLambdaValidationException", "PreAuthentication failed with error not today.")
				want := []string{"UserMigration_Authentication", "PreAuthentication_Authentication"}
				if client != nil {
					want = append([]string{"PreAuthentication_Authentication"}, want...)
				}
				if diff := cmp.Diff(want, sources(f, 0)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				directory(f, nil)
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))
			})
		})
	}
}

func TestPasswordsOfMigrationsAreNotLoggedNorStored(t *testing.T) {
	t.Parallel()
	const secret = "a password that nobody else has"
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var log bytes.Buffer
		f := triggertest.New(t)
		s := servertest.New(t, url, func(c *server.Config) {
			f.Now = c.Test.Now
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey}
			c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		w := furnish(t, s, M{"LambdaConfig": M{"UserMigration": triggertest.ARN("f")}}, nil)
		for name, answer := range map[string]triggertest.Answer{
			"refused": {Raise: "wrong password"},
			"invalid": {Raw: []byte(`{"response":{"userAttributes":"` + secret + `"}}`)},
			"taken":   {Response: migrant("CONFIRMED", "email", secret)},
			"gone":    {Status: 404, Code: "ResourceNotFoundException"},
			"bob":     {Response: migrant("CONFIRMED", "name", "Bob")},
		} {
			f.Script(answer)
			_, err := w.Call("InitiateAuth", w.byPassword(name, secret))
			if (err == nil) != (name == "bob") {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, text := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(log.String(), text) {
				t.Errorf("the log has the password:\n%s", log.String())
			}
			if stored := strings.ToLower(strings.Join(dbtest.Rows(t, w.DB), "\n")); strings.Contains(stored, strings.ToLower(text)) {
				t.Error("the database has the password")
			}
		}
		if n := strings.Count(log.String(), "a user was not migrated"); n != 4 {
			t.Errorf("%d reports of users who were not migrated:\n%s", n, log.String())
		}
	})
}
