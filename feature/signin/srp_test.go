package signin_test

import (
	"strings"
	"testing"
	"time"
)

func TestSRPSignsIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.challenge(t, "alice")
		for _, name := range []string{"USERNAME", "USER_ID_FOR_SRP"} {
			if x.parameters[name] != "alice" {
				t.Errorf("%s = %v, want alice", name, x.parameters[name])
			}
		}
		result := tokens(t, w.Must(t, "RespondToAuthChallenge", w.answer(t, x, password)))
		if result["RefreshToken"] == nil || result["ExpiresIn"] != float64(3600) {
			t.Errorf("AuthenticationResult = %v", result)
		}
	})
}

func TestSRPSignsInByAliasAndSub(t *testing.T) {
	eachWith(t, M{"AliasAttributes": []string{"email"}}, nil, func(t *testing.T, w *world) {
		sub := w.user(t, "bob", M{"UserAttributes": []M{
			{"Name": "email", "Value": "bob@example.com"}, {"Name": "email_verified", "Value": "true"},
		}})
		for _, name := range []string{"bob", "bob@example.com", sub} {
			x := w.challenge(t, name)
			if x.parameters["USER_ID_FOR_SRP"] != "bob" {
				t.Errorf("%s: USER_ID_FOR_SRP = %v, want bob", name, x.parameters["USER_ID_FOR_SRP"])
			}
			answer := w.answer(t, x, password)
			answer["ChallengeResponses"].(M)["USERNAME"] = name
			tokens(t, w.Must(t, "RespondToAuthChallenge", answer))
		}
	})
}

func TestSRPSignsInThroughTheAdminOperations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.challenge(t, "alice")
		answer := w.answer(t, x, password)
		answer["UserPoolId"] = w.pool
		tokens(t, w.Must(t, "AdminRespondToAuthChallenge", answer))
	})
}

func TestSRPProofsThatDoNotHoldAreRefusedAlike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.user(t, "bob", M{})
		for name, change := range map[string]func(M){
			"wrong signature":  func(r M) { r["PASSWORD_CLAIM_SIGNATURE"] = flip(r["PASSWORD_CLAIM_SIGNATURE"].(string)) },
			"no signature":     func(r M) { r["PASSWORD_CLAIM_SIGNATURE"] = "?" },
			"foreign block":    func(r M) { r["PASSWORD_CLAIM_SECRET_BLOCK"] = "c2VjcmV0LWJsb2NrLWV4YW1wbGU=" },
			"forged block":     func(r M) { r["PASSWORD_CLAIM_SECRET_BLOCK"] = flip(r["PASSWORD_CLAIM_SECRET_BLOCK"].(string)) },
			"other user":       func(r M) { r["USERNAME"] = "bob" },
			"timestamp padded": func(r M) { r["TIMESTAMP"] = "Tue Nov 05 09:03:07 UTC 2024" },
			"another time":     func(r M) { r["TIMESTAMP"] = "Tue Nov 5 09:03:07 UTC 2024" },
			"no timestamp":     func(r M) { r["TIMESTAMP"] = "now" },
		} {
			answer := w.answer(t, w.challenge(t, "alice"), password)
			change(answer["ChallengeResponses"].(M))
			if _, err := w.Call("RespondToAuthChallenge", answer); err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s: %v", name, err)
			}
			w.Advance(time.Hour) // forgives the failures
		}
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), "other"), "NotAuthorizedException", wrong)
	})
}

func TestASecretBlockIsForItsClientAndAFewMinutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := w.answer(t, w.challenge(t, "alice"), password)
		other := w.Client(t, w.pool, nil)
		answer["ClientId"] = other
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", wrong)
		answer["ClientId"] = w.client
		w.Advance(3*time.Minute + time.Second)
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", wrong)
	})
}

func TestASecretBlockEndsWithAllSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := w.answer(t, w.challenge(t, "alice"), password)
		w.Advance(time.Second)
		w.SignOutAll(t, w.pool)
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", wrong)
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), password)))
	})
}

func TestASecretBlockWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		attempts := w.atOnce(100, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), password))
		if n := winners(t, attempts, wrong); n != 1 {
			t.Errorf("%d of 100 answers to one challenge got tokens, want 1", n)
		}
		// The losers had the right password: they are no guesses, and the user is not locked out.
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
	})
}

func TestAFailedAnswerUsesTheSecretBlockUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.challenge(t, "alice")
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, x, "other"), "NotAuthorizedException", wrong)
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, x, password), "NotAuthorizedException", wrong)
	})
}

func TestAPasswordChangedMeanwhileVoidsTheExchange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := w.answer(t, w.challenge(t, "alice"), password)
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": "alice", "Password": "Another-Horse-9", "Permanent": true})
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", wrong)
	})
}

func TestSRPRefusesValuesOutsideTheGroup(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, a := range []string{"0", "00", "-1", "xyz", strings.Repeat("f", 768), strings.Repeat("0", 4000)} {
			w.Fails(t, "InitiateAuth", M{
				"ClientId": w.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "alice", "SRP_A": a},
			}, "InvalidParameterException", "Invalid SRP_A")
		}
	})
}

func TestUnknownUsersGetAStableDecoyThatFails(t *testing.T) {
	eachWith(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world) {
		one, two, other := w.challenge(t, "unknown"), w.challenge(t, "unknown"), w.challenge(t, "no-one")
		for _, name := range []string{"SALT", "USER_ID_FOR_SRP"} {
			if one.parameters[name] != two.parameters[name] || one.parameters[name] == other.parameters[name] {
				t.Errorf("%s: %v and %v for one unknown user, %v for another", name,
					one.parameters[name], two.parameters[name], other.parameters[name])
			}
		}
		if one.parameters["SRP_B"] == two.parameters["SRP_B"] || one.parameters["SECRET_BLOCK"] == two.parameters["SECRET_BLOCK"] {
			t.Error("two exchanges share their secrets")
		}
		known := w.challenge(t, "alice")
		for name, value := range known.parameters {
			if got, ok := one.parameters[name].(string); !ok || name == "SALT" && len(got) != len(value.(string)) {
				t.Errorf("%s: %v for an unknown user, %v for a user", name, one.parameters[name], value)
			}
		}
		for range 5 {
			w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "unknown"), password), "NotAuthorizedException", wrong)
		}
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "unknown"), password), "NotAuthorizedException", locked)
	})
}

func TestAnArgon2idPoolRefusesSRP(t *testing.T) {
	eachWith(t, M{"UserPoolTags": M{"cardea:password-storage": "argon2id"}}, nil, func(t *testing.T, w *world) {
		_, err := w.Call("InitiateAuth", M{
			"ClientId": w.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "alice", "SRP_A": "2"},
		})
		if err == nil || !strings.Contains(err.Error(), "USER_SRP_AUTH is not available") {
			t.Errorf("USER_SRP_AUTH: %v", err)
		}
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		w.Fails(t, "InitiateAuth", w.byPassword("alice", "other"), "NotAuthorizedException", wrong)
	})
}

func TestASignInStoresThePasswordAsThePoolWantsItByNow(t *testing.T) {
	eachWith(t, M{"UserPoolTags": M{"cardea:password-storage": "argon2id"}}, nil, func(t *testing.T, w *world) {
		out := w.Must(t, "DescribeUserPool", M{"UserPoolId": w.pool})
		w.Must(t, "UntagResource", M{"ResourceArn": out["UserPool"].(M)["Arn"], "TagKeys": []string{"cardea:password-storage"}})
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), password), "NotAuthorizedException", wrong)
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), password)))
	})
}

// A pool that ignores case stores user names in lower case, and the verifier is made with the name that is stored.
func TestSRPSignsInIgnoringTheCaseOfTheName(t *testing.T) {
	pool := M{"AliasAttributes": []string{"email"}, "UsernameConfiguration": M{"CaseSensitive": false}}
	eachWith(t, pool, nil, func(t *testing.T, w *world) {
		w.user(t, "Bob", M{"UserAttributes": []M{
			{"Name": "email", "Value": "Bob@Example.com"}, {"Name": "email_verified", "Value": "true"},
		}})
		for _, name := range []string{"bob", "BOB", "bOB@example.COM"} {
			x := w.challenge(t, name)
			if x.parameters["USER_ID_FOR_SRP"] != "bob" {
				t.Errorf("%s: USER_ID_FOR_SRP = %v, want bob", name, x.parameters["USER_ID_FOR_SRP"])
			}
			tokens(t, w.Must(t, "RespondToAuthChallenge", w.answer(t, x, password)))
		}
	})
}
