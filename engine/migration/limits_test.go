package migration

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/triggerevent"
)

var start = time.Unix(1_000_000, 0)

// asking is a request for a name from an address, at a time.
func asking(name, address string, after time.Duration) Request {
	return Request{
		App:  access.App{Pool: &pool.Pool{ID: "us-east-1_home00000"}, Client: &client.Client{ID: "app"}},
		Name: name, Password: "hunter2", Source: lockout.Source{Client: "app", Address: address}, Now: start.Add(after),
	}
}

// admitted is how many of so many requests are admitted.
func (l *limits) admitted(times int, request func(i int) Request) (n int) {
	for i := range times {
		if l.admit(request(i)) {
			n++
		}
	}
	return n
}

func TestTheRequestsForOneNameAreLimited(t *testing.T) {
	t.Parallel()
	var l limits
	from := func(after time.Duration) func(i int) Request {
		return func(i int) Request { return asking("bob", fmt.Sprintf("192.0.2.%d", i), after) }
	}
	for i, c := range []struct {
		after time.Duration
		want  int
	}{{0, perName}, {window - 1, 0}, {window, perName}} {
		if n := l.admitted(perName+5, from(c.after)); n != c.want {
			t.Errorf("%d: %d of bob, want %d", i, n, c.want)
		}
	}
	if !l.admit(asking("carol", "192.0.2.1", window)) {
		t.Error("another name is limited, too")
	}
	elsewhere := asking("bob", "", window)
	elsewhere.Pool = &pool.Pool{ID: "us-east-1_other0000"}
	if !l.admit(elsewhere) {
		t.Error("the name is limited in another pool, too")
	}
}

func TestTheRequestsOfOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	var l limits
	name := func(address string) func(i int) Request {
		return func(i int) Request { return asking(fmt.Sprint("u", i, address), address, 0) }
	}
	for address, want := range map[string]int{
		"192.0.2.1": perAddress, "2001:db8::1": perAddress, "": perAddress + 5, "nonsense": perAddress + 5,
	} {
		if n := l.admitted(perAddress+5, name(address)); n != want {
			t.Errorf("%d from %q, want %d", n, address, want)
		}
	}
	if l.admit(asking("dave", "2001:db8::2", 0)) {
		t.Error("another address of the same network is not limited")
	}
}

func TestUsersWhoWereFoundDoNotCountForTheirAddress(t *testing.T) {
	t.Parallel()
	var l limits
	for i := range 3 * perAddress {
		r := asking(fmt.Sprint("u", i), "192.0.2.1", 0)
		if !l.admit(r) {
			t.Fatalf("the user %d is not asked for", i)
		}
		l.forgive(r)
	}
}

func TestTheSameIsNotAskedAgainWhileItIsRemembered(t *testing.T) {
	t.Parallel()
	var l limits
	r := asking("bob", "192.0.2.1", 0)
	l.admit(r)
	l.remember(r)
	for name, change := range map[string]func(r *Request){
		"password": func(r *Request) { r.Password = "hunter3" },
		"name":     func(r *Request) { r.Name = "carol" },
		"data":     func(r *Request) { r.Data = map[string]string{"k": "v"} },
		"metadata": func(r *Request) { r.Metadata = map[string]string{"k": "v"} },
		"occasion": func(r *Request) { r.Occasion = triggerevent.ForgotPassword },
		"client":   func(r *Request) { r.Client = &client.Client{ID: "other"} },
	} {
		other := r
		change(&other)
		if !l.admit(other) {
			t.Errorf("another %s is not asked about", name)
		}
	}
	later := r
	later.Now = start.Add(window - 1)
	if l.admit(later) {
		t.Error("the same is asked again")
	}
	later.Now = start.Add(window)
	if !l.admit(later) {
		t.Error("the same is not asked later")
	}
}

func TestWhatIsRememberedIsBoundedAndTellsNothing(t *testing.T) {
	t.Parallel()
	var l limits
	for i := range 2 * most {
		r := asking(fmt.Sprint("u", i), fmt.Sprintf("2001:db8:%x::1", i), 0)
		l.admit(r)
		if i%4 == 0 {
			l.remember(r)
		}
	}
	if len(l.counts) != most || len(l.queue) != most {
		t.Errorf("%d counts in a queue of %d, want %d", len(l.counts), len(l.queue), most)
	}
	for m := range l.counts {
		if text := string(m[:]); strings.Contains(text, "hunter2") || strings.Contains(text, "2001:db8") {
			t.Fatalf("a name, an address or a password is remembered: %q", text)
		}
	}
	l.prune(start.Add(window))
	if len(l.counts) != 0 || len(l.queue) != 0 {
		t.Errorf("%d counts are left", len(l.counts))
	}
}

func TestAPoolWithoutTheTriggerHasNobodyToFetch(t *testing.T) {
	t.Parallel()
	fetched, err := (&Migrator{}).Fetch(t.Context(), asking("bob", "192.0.2.1", 0))
	if nobody, ok := errors.AsType[*NobodyError](err); !ok || nobody.Client != "app" || fetched != nil {
		t.Errorf("got %v, %v", fetched, err)
	}
}
