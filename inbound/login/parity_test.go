package login_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// rowsOf are how many rows of its pool a shop has, by table, but for those that only pages write.
func (s *shop) rowsOf(t *testing.T) map[string]int {
	t.Helper()
	rows := map[string]int{}
	for _, row := range dbtest.Rows(t, s.DB) {
		table, _, _ := strings.Cut(row, " ")
		if strings.Contains(row, s.pool) {
			rows[table]++
		}
	}
	if rows["attempt"] > 0 {
		rows["attempt"] = 1 // those of a client are counted at random
	}
	maps.DeleteFunc(rows, func(table string, _ int) bool {
		return table == "auth_code" || table == "sso_session" || table == "domain"
	})
	return rows
}

// call calls an operation for the shop's client, whatever it answers.
func (s *shop) call(operation string, in M) M {
	out, _ := s.Call(operation, servertest.With(in, M{"ClientId": s.client}))
	return out
}

// reply answers a challenge of ana's.
func (s *shop) reply(out M, responses M) M {
	return s.call("RespondToAuthChallenge", M{
		"ChallengeName": out["ChallengeName"], "Session": out["Session"], "ChallengeResponses": servertest.With(responses, M{"USERNAME": "ana"}),
	})
}

// The same answers leave the same rows, whether they are given to pages or to the API: pages are no side door.
func TestPagesAndAPIWriteTheSame(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		flows := M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}}
		prepare := func(pool M) *shop {
			s := newShop(t, w, servertest.With(byMail, pool), flows)
			s.User(t, s.pool, "ana", "email", "ana@example.org", "email_verified", "true")
			s.Endpoint(t, s.pool, "/")
			return s
		}
		for name, c := range map[string]struct {
			pool  M
			pages func(s *shop)
			api   func(s *shop)
		}{
			"wrong codes, then the right one": {choosing,
				func(s *shop) {
					v := s.visitor(t).visit(s.page(t, "/login")).submit("username", "ana").submit("answer", "EMAIL_OTP")
					v.submit("code", "00000000").submit("code", "00000000")
					s.redeem(t, v.submit("code", s.Code(t, "ana@example.org")).code())
				},
				func(s *shop) {
					out := s.call("InitiateAuth", M{"AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "ana"}})
					out = s.reply(out, M{"ANSWER": "EMAIL_OTP"})
					s.reply(out, M{"EMAIL_OTP_CODE": "00000000"})
					s.reply(out, M{"EMAIL_OTP_CODE": "00000000"})
					s.reply(out, M{"EMAIL_OTP_CODE": s.Code(t, "ana@example.org")})
				},
			},
			"wrong passwords, of nobody, too": {choosing,
				func(s *shop) {
					for _, who := range []string{"ana", "nobody"} {
						s.visitor(t).visit(s.page(t, "/login")).submit("username", who).submit("answer", "PASSWORD").submit("password", "wrong").expect("password")
					}
				},
				func(s *shop) {
					for _, who := range []string{"ana", "nobody"} {
						out := s.call("InitiateAuth", M{"AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": who}})
						s.call("RespondToAuthChallenge", M{"ChallengeName": "SELECT_CHALLENGE", "Session": out["Session"], "ChallengeResponses": M{
							"USERNAME": who, "ANSWER": "PASSWORD", "PASSWORD": "wrong"}})
					}
				},
			},
			"a forgotten password": {nil,
				func(s *shop) {
					v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").submit("code", "000000", "password", fresh)
					v.submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("sign-in")
				},
				func(s *shop) {
					s.call("ForgotPassword", M{"Username": "ana"})
					s.call("ConfirmForgotPassword", M{"Username": "ana", "ConfirmationCode": "000000", "Password": fresh})
					s.call("ConfirmForgotPassword", M{"Username": "ana", "ConfirmationCode": s.Code(t, "ana@example.org"), "Password": fresh})
				},
			},
			"a sign-up": {nil,
				func(s *shop) {
					v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password)
					v.submit("code", "000000").submit("code", s.Code(t, "eva@example.org")).expect("sign-in")
				},
				func(s *shop) {
					s.call("SignUp", M{"Username": "eva", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "eva@example.org")})
					s.call("ConfirmSignUp", M{"Username": "eva", "ConfirmationCode": "000000"})
					s.call("ConfirmSignUp", M{"Username": "eva", "ConfirmationCode": s.Code(t, "eva@example.org")})
				},
			},
		} {
			byPages, byAPI := prepare(c.pool), prepare(c.pool)
			c.pages(byPages)
			s := byPages.rowsOf(t)
			w.Advance(time.Minute)
			c.api(byAPI)
			if diff := cmp.Diff(byAPI.rowsOf(t), s); diff != "" {
				t.Errorf("%s: rows (-API +pages):\n%s", name, diff)
			}
		}
	})
}
