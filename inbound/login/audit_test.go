package login_test

import (
	"slices"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// users are the requests that were recorded since the last time, each by its name and its user.
func users(t *testing.T, log *servertest.AuditLog) (list [][2]string) {
	t.Helper()
	for _, record := range log.Take(t) {
		list = append(list, [2]string{servertest.Text(record, "eventName"), servertest.Text(record, "additionalEventData.sub")})
	}
	return list
}

func TestSignInsAtPagesAreRecordedWithTheirUser(t *testing.T) {
	t.Parallel()
	log := &servertest.AuditLog{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { c.Audit.Stdout, c.Stdout = true, log })
	s := newShop(t, w, M{"UserPoolTags": M{"cardea:standards": "device"}}, nil)
	s.User(t, s.pool, "ana")
	sub := servertest.Text(s.Must(t, "AdminGetUser", M{"UserPoolId": s.pool, "Username": "ana"}), "UserAttributes.0.Value")
	signIn := s.authorize(t)
	device := s.device(t)
	log.Take(t)
	post := func(v *visitor, want [2]string, fields ...string) {
		t.Helper()
		log.Take(t)
		v.submit(fields...)
		if list := users(t, log); !slices.Contains(list, want) {
			t.Errorf("got %q, want %q among them", list, want)
		}
	}

	v := s.visitor(t).visit(signIn).expect("sign-in")
	post(v, [2]string{"Login_POST", sub}, "username", "ana", "password", "wrong password")
	post(v, [2]string{"Login_POST", ""}, "username", "nobody", "password", "wrong password")
	post(v, [2]string{"Login_POST", sub}, "username", "ana", "password", servertest.Password)

	v = s.visitor(t).visit(servertest.Text(device, "verification_uri_complete")).expect("device")
	v.submit("user_code", servertest.Text(device, "user_code")).expect("sign-in")
	v.submit("username", "ana", "password", servertest.Password).expect("device-ask")
	post(v, [2]string{"ConfirmDevice_POST", sub})
}
