package login_test

import (
	"testing"

	"cardea/server/servertest"
)

func TestASignInIsAnsweredByAFormWhereTheAppAsksForIt(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "form_post"}}, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t, "response_mode", "form_post")).expect("sign-in")
		v.submit("username", "ana", "password", servertest.Password).expect("send-back")
		fields := map[string]string{}
		for _, input := range v.elements("input") {
			fields[input["name"]] = input["value"]
		}
		if len(fields) != 2 || fields["state"] != "a+b c/=" || v.elements("form")[0]["action"] != callback {
			t.Errorf("%v are posted to %v", fields, v.elements("form"))
		}
		if got := v.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy %q", got)
		}
		s.redeem(t, fields["code"])
	})
}
