package login_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// records keeps an audit log.
type records struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (r *records) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

// take is what was recorded since the last time, of each request its name and its user.
func (r *records) take(t *testing.T) (list [][2]string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for line := range bytes.Lines(r.text.Bytes()) {
		var record M
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		list = append(list, [2]string{servertest.Text(record, "eventName"), servertest.Text(record, "additionalEventData.sub")})
	}
	r.text.Reset()
	return list
}

func TestSignInsAtPagesAreRecordedWithTheirUser(t *testing.T) {
	t.Parallel()
	log := &records{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { c.Audit.Stdout, c.Stdout = true, log })
	s := newShop(t, w, M{"UserPoolTags": M{"cardea:standards": "device"}}, nil)
	s.User(t, s.pool, "ana")
	sub := servertest.Text(s.Must(t, "AdminGetUser", M{"UserPoolId": s.pool, "Username": "ana"}), "UserAttributes.0.Value")
	signIn := s.authorize(t)
	device := s.device(t)
	log.take(t)
	post := func(v *visitor, want [2]string, fields ...string) {
		t.Helper()
		log.take(t)
		v.submit(fields...)
		if list := log.take(t); !slices.Contains(list, want) {
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
