package signin_test

import (
	"slices"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/srp"
)

// Whoever signs in by an address is told an id, and that id answers itself, with the same salt and the same choices. So it
// must be for names that no user has, or two requests would tell which they are.
func TestTheIDOfAnUnknownUserAnswersItself(t *testing.T) {
	for _, kind := range []M{nil, {"UsernameAttributes": []string{"email", "phone_number"}}, {"AliasAttributes": []string{"email", "phone_number"}}} {
		t.Run("", func(t *testing.T) {
			settings := servertest.With(kind, M{
				"Policies":           M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP", "WEB_AUTHN"}}},
				"EmailConfiguration": mailing(),
			})
			t.Parallel()
			servertest.Each(t, func(t *testing.T, s *servertest.World) {
				w := &world{World: s, pool: s.Pool(t, settings)}
				w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "WebAuthnConfiguration": M{"RelyingPartyId": "localhost"}})
				w.client = s.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"}})
				name := "alice@example.com"
				if kind == nil || kind["AliasAttributes"] != nil {
					name = "alice"
				}
				w.user(t, name, M{})
				for _, name := range []string{name, "nobody@example.com", "+15550100200", "nobody", "NOBODY", "01234567-89ab-4cde-8f01-23456789abcd"} {
					w.closed(t, name)
				}
			})
		})
	}
}

// closed checks that the id of a name answers itself.
func (w *world) closed(t *testing.T, name string) {
	t.Helper()
	first := w.challengeOf(t, name)
	second := w.challengeOf(t, first["USER_ID_FOR_SRP"].(string))
	for _, member := range []string{"USER_ID_FOR_SRP", "SALT"} {
		if first[member] != second[member] {
			t.Errorf("%s of %s is %v, of its id %v", member, name, first[member], second[member])
		}
	}
	offered := func(name string) []string {
		return available(t, w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, nil)))
	}
	if a, b := offered(name), offered(first["USER_ID_FOR_SRP"].(string)); !slices.Equal(a, b) {
		t.Errorf("%s is offered %v, its id %v", name, a, b)
	}
}

func (w *world) challengeOf(t *testing.T, name string) M {
	t.Helper()
	out := w.Must(t, "InitiateAuth", w.start("USER_SRP_AUTH", name, M{"SRP_A": srp.NewClient().Public()}))
	return out["ChallengeParameters"].(M)
}

func TestFailuresOfAnUnknownUserCountWhicheverNameIsUsed(t *testing.T) {
	flows := M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"}}
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{"UsernameAttributes": []string{"email"}})}
		w.client = s.Client(t, w.pool, flows)
		id := w.challengeOf(t, "nobody@example.com")["USER_ID_FOR_SRP"].(string)
		for i := range 5 {
			name := []string{"nobody@example.com", id}[i%2]
			w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", wrong)
		}
		for _, name := range []string{"nobody@example.com", id} {
			w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", locked)
		}
	})
}

func TestTheDestinationOfAnUnknownUserIsTheSameForTheirID(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{
			"UsernameAttributes": []string{"email"}, "EmailConfiguration": mailing(),
			"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
		})}
		w.client = s.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}})
		ask := func(name string) M {
			return expect(t, w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})), "EMAIL_OTP")
		}
		first := ask("nobody@example.com")
		second := ask(first["USER_ID_FOR_SRP"].(string))
		for _, member := range []string{"CODE_DELIVERY_DESTINATION", "USER_ID_FOR_SRP"} {
			if first[member] != second[member] {
				t.Errorf("%s is %v, and then %v", member, first[member], second[member])
			}
		}
		if first["CODE_DELIVERY_DESTINATION"] != "n***@e***" {
			t.Errorf("destination %v", first["CODE_DELIVERY_DESTINATION"])
		}
	})
}

// The length of what is sealed can be seen, so it must not depend on whether there is a user.
func TestSealedStatesOfUnknownUsersAreAsLongAsUsersAre(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{
			"EmailConfiguration": mailing(),
			"Policies":           M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
		})}
		w.client = s.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"}})
		w.user(t, "known", M{"UserAttributes": servertest.Attributes("email", "known@example.com", "email_verified", "true")})
		lengths := func(name string) (list []int) {
			list = append(list, len(w.challengeOf(t, name)["SECRET_BLOCK"].(string)))
			for _, preferred := range []M{nil, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}, {"PREFERRED_CHALLENGE": "PASSWORD"}} {
				list = append(list, len(servertest.Text(w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, preferred)), "Session")))
			}
			return list
		}
		if user, unknown := lengths("known"), lengths("other"); !slices.Equal(user, unknown) {
			t.Errorf("lengths %v for a user, %v for an unknown one", user, unknown)
		}
	})
}

// A user of a hiding client who cannot sign in at all is answered like an unknown one, and by the same id in every flow.
func TestAUserWithNothingToBeginWithKeepsTheirID(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"},
			"EmailConfiguration": mailing()})}
		w.client = s.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"}})
		w.user(t, "alice@example.com", M{"UserAttributes": servertest.Attributes("email", "alice@example.com", "email_verified", "true")})
		w.Advance(time.Second)
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "alice@example.com"})

		first := w.challengeOf(t, "alice@example.com")
		choice := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "alice@example.com", nil))
		second := w.answers(t, choice, M{"USERNAME": "alice@example.com", "ANSWER": "PASSWORD_SRP", "SRP_A": "2"})
		for _, member := range []string{"USER_ID_FOR_SRP", "SALT"} {
			if first[member] != servertest.Text(second, "ChallengeParameters."+member) {
				t.Errorf("%s is %v, and then %v", member, first[member], servertest.Text(second, "ChallengeParameters."+member))
			}
		}
		w.closed(t, "alice@example.com")
	})
}

func TestTheDestinationOfAHiddenUserIsTheSameForTheirID(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"},
			"EmailConfiguration": mailing()})}
		w.client = s.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH"}})
		disabled := w.user(t, "disabled@example.com", M{"UserAttributes": servertest.Attributes("email", "disabled@example.com", "email_verified", "true")})
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": disabled})
		unverified := w.user(t, "unverified@example.com", M{})
		for address, id := range map[string]string{"disabled@example.com": disabled, "unverified@example.com": unverified} {
			for _, name := range []string{address, id} {
				out := w.Must(t, "ForgotPassword", M{"ClientId": w.client, "Username": name})
				if to := servertest.Text(out, "CodeDeliveryDetails.Destination"); to != address[:1]+"***@e***" {
					t.Errorf("%s gets a code at %s", name, to)
				}
			}
		}
	})
}
