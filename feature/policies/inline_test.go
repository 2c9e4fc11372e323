package policies_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/principal"
	"cardea/server/servertest"
)

func TestInlinePoliciesAreReadAsWritten(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		for kind, record := range kinds {
			entity(t, w, record, "/", "Somebody")
			who := M{kind + "Name": "somebody"}
			which := with(who, M{"PolicyName": "p"})
			put, get, remove, list := "Put"+kind+"Policy", "Get"+kind+"Policy", "Delete"+kind+"Policy", "List"+kind+"Policies"
			if got := w.Must(t, list, who); at(got, "PolicyNames") == nil || text(got, "IsTruncated") != "false" {
				t.Errorf("%s of nothing: %v", list, got)
			}
			w.Must(t, put, with(which, M{"PolicyDocument": other}))
			w.Must(t, put, with(which, M{"PolicyDocument": document}))
			got := w.Must(t, get, which)
			plain := decoded(t, text(got, "PolicyDocument"))
			if diff := cmp.Diff(M{kind + "Name": "Somebody", "PolicyName": "p", "PolicyDocument": document}, with(got, M{"PolicyDocument": plain})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", get, diff)
			}
			for _, name := range []string{"q", "a", "P"} {
				w.Must(t, put, with(who, M{"PolicyName": name, "PolicyDocument": other}))
			}
			for size := 1; size <= 4; size++ {
				if got := strings.Join(pages(t, w, list, who, size, "PolicyNames", ""), " "); got != "P a p q" {
					t.Errorf("%s by %d: %s", list, size, got)
				}
			}

			w.Must(t, remove, which)
			gone := "The " + string(record) + " policy with name p cannot be found."
			w.Fails(t, get, which, "NoSuchEntity", gone)
			w.Fails(t, remove, which, "NoSuchEntity", gone)
			nobody := "The " + string(record) + " with name nobody cannot be found."
			for operation, in := range map[string]M{put: {"PolicyName": "p", "PolicyDocument": other}, get: {"PolicyName": "p"}, remove: {"PolicyName": "p"}, list: {}} {
				w.Fails(t, operation, with(in, M{kind + "Name": "nobody"}), "NoSuchEntity", nobody)
			}
		}
	})
}

// All inline policies of an entity share one size, in which white space does not count.
func TestInlinePoliciesShareTheirSize(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		for kind, most := range map[string]int{"User": 2048, "Group": 5120, "Role": 10240} {
			entity(t, w, kinds[kind], "/", "e")
			put := func(name string, size int) M {
				return M{kind + "Name": "e", "PolicyName": name, "PolicyDocument": sized(size)}
			}
			long := "Maximum policy size of " + map[string]string{"User": "2048", "Group": "5120", "Role": "10240"}[kind] + " bytes exceeded for " + string(kinds[kind]) + " e"
			operation := "Put" + kind + "Policy"
			w.Fails(t, operation, put("a", most+1), "LimitExceeded", long)
			w.Must(t, operation, put("a", most))
			w.Must(t, operation, put("a", most-500))
			w.Must(t, operation, put("b", 500))
			w.Fails(t, operation, put("c", 300), "LimitExceeded", long)
			w.Fails(t, operation, put("b", 501), "LimitExceeded", long)
			w.Must(t, operation, put("b", 499))
		}
	})
}

func TestSizesHoldAlsoForPoliciesPutAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.User, "/", "u")
		made := 0
		for _, err := range atOnce(6, func(i int) error {
			_, err := w.Call("PutUserPolicy", M{"UserName": "u", "PolicyName": string(rune('a' + i)), "PolicyDocument": sized(1000)})
			return err
		}) {
			if err == nil {
				made++
			}
		}
		if got := len(texts(w.Must(t, "ListUserPolicies", M{"UserName": "u"}), "PolicyNames", "")); made != 2 || got != 2 {
			t.Errorf("%d of 1,000 characters were put, %d are there", made, got)
		}
	})
}
