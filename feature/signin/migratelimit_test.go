package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cardea/outbound/trigger/triggertest"
)

func TestOfTenSignInsAtOnceOneMigrates(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
		if n := winners(t, w.atOnce(10, "InitiateAuth", w.byPassword("bob", old))); n != 10 {
			t.Errorf("%d have tokens", n)
		}
		out := w.Must(t, "ListUsers", M{"UserPoolId": w.pool, "Filter": `name = "Bob"`})
		if users := out["Users"].([]any); len(users) != 1 {
			t.Errorf("%d users", len(users))
		}
	})
}

// Somebody else creates the user while the function is being asked: the sign-in is about that user, whose password counts.
func TestAUserWhoIsThereMeanwhileIsJudgedByTheirOwnPassword(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				name, locks, resets := "bob", false, false
				f.Handle(func(call triggertest.Invocation) triggertest.Answer {
					if strings.HasPrefix(call.Source(), "UserMigration") {
						w.user(t, name, M{})
						for range 5 {
							if locks {
								w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", wrong)
							}
						}
						if resets {
							w.give(t, name, "email", mailbox, "email_verified", "true")
							w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": name})
						}
						return triggertest.Answer{Response: migrant("CONFIRMED", "name", "Bob")}
					}
					return triggertest.Answer{}
				})
				w.Fails(t, "InitiateAuth", w.byPassword("bob", old), "NotAuthorizedException", wrong)
				name = "dave"
				locks = true
				w.Fails(t, "InitiateAuth", w.byPassword("dave", password), "NotAuthorizedException", locked)
				name, locks, resets = "eve", false, true
				code := "PasswordResetRequiredException"
				if client != nil {
					code = "NotAuthorizedException" // which nobody has proven to know
				}
				w.Fails(t, "InitiateAuth", w.byPassword("eve", password), code, "")
				name, resets = "carol", false
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("carol", password)))
				if _, attributes := w.described(t, "carol"); attributes["name"] != nil {
					t.Errorf("the function has changed a user: %v", attributes)
				}
			})
		})
	}
}

func TestAFunctionIsNotAskedForTheSameUserAgainAndAgain(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				directory(f, map[string]M{})
				asked := func(since int) int { return strings.Count(strings.Join(sources(f, since), " "), "UserMigration") }
				fails := func(name, pw string) (text string) {
					_, err := w.Call("InitiateAuth", w.byPassword(name, pw))
					if err == nil {
						t.Fatal("tokens for an unknown user")
					}
					return err.Error()
				}
				first := fails("bob", old)
				if again := fails("bob", old); again != first || asked(0) != 1 {
					t.Errorf("%d calls; the answers are %s, and then %s", asked(0), first, again)
				}
				directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
				if again := fails("bob", old); again != first {
					t.Errorf("then %s", again)
				}
				w.Advance(31 * time.Second)
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))

				// What kept the function from answering does not keep it from being asked.
				f.Script(triggertest.Answer{Status: 404, Code: "ResourceNotFoundException"})
				fails("dave", old)
				directory(f, map[string]M{"dave": migrant("CONFIRMED", "name", "Dave")})
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("dave", old)))

				// A wrong password does not keep the right one out.
				directory(f, map[string]M{"carol": migrant("CONFIRMED", "name", "Carol")})
				fails("carol", "a typing error")
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("carol", old)))
			})
		})
	}
}

// Passwords of another directory must not be guessed here more often than those of users.
func TestGuessesAtUsersOfAnotherDirectoryLockTheirName(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
				var last string
				for _, guess := range []string{"1", "2", "3", "4", "5", old} {
					_, err := w.Call("InitiateAuth", w.byPassword("bob", guess))
					if err == nil {
						t.Fatal("the sixth guess was answered")
					}
					last = err.Error()
				}
				want := "UserNotFoundException: Exception migrating user in app client " + w.client
				if client != nil {
					want = "NotAuthorizedException: " + locked
				}
				if last != want {
					t.Errorf("got %s, want %s", last, want)
				}
				if n := strings.Count(strings.Join(sources(f, 0), " "), "UserMigration"); n != 5 {
					t.Errorf("asked %d times", n)
				}
				w.Advance(2 * time.Second)
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))
			})
		})
	}
}

func TestOneAddressDoesNotAskForManyUsers(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		name := func(kind string, i int) string { return fmt.Sprint(kind, i) }
		users := map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")}
		for i := range 61 {
			users[name("here", i)] = migrant("CONFIRMED", "name", "x")
		}
		directory(f, users)
		from := w.From("198.51.100.7")
		for i := range 61 {
			tokens(t, from.Must(t, "InitiateAuth", w.byPassword(name("here", i), old)))
		}
		begun := len(f.Calls())
		for i := range 61 {
			from.Fails(t, "InitiateAuth", w.byPassword(name("nobody", i), old), "UserNotFoundException", "Exception migrating user in app client "+w.client)
		}
		if n := len(f.Calls()) - begun; n != 60 {
			t.Errorf("asked %d times", n)
		}
		from.Fails(t, "InitiateAuth", w.byPassword("bob", old), "UserNotFoundException", "Exception migrating user in app client "+w.client)
		tokens(t, w.From("198.51.100.8").Must(t, "InitiateAuth", w.byPassword("bob", old)))
	})
}

func TestAUserOfAClientThatIsDeletedMeanwhileIsNotMigrated(t *testing.T) {
	eachMigration(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client})
			return triggertest.Answer{Response: migrant("CONFIRMED", "name", "Bob")}
		})
		w.Fails(t, "InitiateAuth", w.byPassword("bob", old), "ResourceNotFoundException", "")
		w.absent(t, "bob")
	})
}

// A user who has nothing to begin with is treated as an unknown one, and is none.
func TestAUserWhoIsTreatedAsUnknownIsNotAskedFor(t *testing.T) {
	eachMigration(t, M{"AutoVerifiedAttributes": []string{"email"}}, hiding, func(t *testing.T, w *world, f *triggertest.Function) {
		w.give(t, "alice", "email", mailbox, "email_verified", "true")
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "alice"})
		begin := w.start("USER_AUTH", "alice", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password})
		w.Fails(t, "InitiateAuth", begin, "NotAuthorizedException", wrong)
		choice := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "alice", nil))
		w.refused(t, choice, M{"USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": password}, "NotAuthorizedException", wrong)
		if got := strings.Join(sources(f, 0), " "); strings.Contains(got, "UserMigration") {
			t.Errorf("asked: %s", got)
		}
	})
}

func TestAnAddressWithTooManyFailuresDoesNotHaveUsersMigrated(t *testing.T) {
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
				w.failOften(t, "198.51.100.7", 500)
				w.From("198.51.100.7").Fails(t, "InitiateAuth", w.byPassword("bob", old), "TooManyRequestsException", rateLimited)
				if got := strings.Join(sources(f, 0), " "); strings.Contains(got, "UserMigration") {
					t.Errorf("asked: %s", got)
				}
				tokens(t, w.From("198.51.100.8").Must(t, "InitiateAuth", w.byPassword("bob", old)))
			})
		})
	}
}

// Where users are hidden, the time that the function takes must not tell whom the pool knows.
func TestWrongPasswordsTakeTheTimeOfTheFunction(t *testing.T) {
	const slow = 2 * time.Second // more than anything else takes on a busy machine
	for _, client := range []M{nil, hiding} {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				f.Handle(func(call triggertest.Invocation) triggertest.Answer {
					switch {
					case call.Source() != "UserMigration_Authentication":
						return triggertest.Answer{}
					case call.UserName() == "dave": // who is there meanwhile, with another password
						w.user(t, "dave", M{})
						return triggertest.Answer{Response: migrant("CONFIRMED", "name", "Dave"), Delay: slow}
					}
					return triggertest.Answer{Raise: "wrong password", Delay: slow}
				})
				took := func(in M) time.Duration {
					begun := time.Now()
					if _, err := w.Call("InitiateAuth", in); err == nil {
						t.Error("a wrong password is right")
					}
					return time.Since(begun)
				}
				took(w.byPassword("bob", "wrong"))
				for what, in := range map[string]M{
					"a wrong password":       w.byPassword("alice", "wrong"),
					"a wrong choice":         w.start("USER_AUTH", "alice", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"}),
					"the same again":         w.byPassword("bob", "wrong"),
					"what is no user's name": w.byPassword("a b", "wrong"),
				} {
					if took := took(in); took >= slow != (client != nil) {
						t.Errorf("%s takes %v", what, took)
					}
				}
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
				if took := took(w.byPassword("dave", "wrong")); took < slow || took >= 2*slow {
					t.Errorf("a user who is there meanwhile takes %v", took)
				}
			})
		})
	}
}
