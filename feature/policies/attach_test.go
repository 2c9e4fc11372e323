package policies_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/server/servertest"
)

// kinds are those of entities, as operations and members are named after them.
var kinds = map[string]principal.Kind{"Role": principal.Role, "User": principal.User, "Group": principal.Group}

func TestPoliciesAreAttachedAndDetached(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		own, deep := create(t, w, "/", "AmazonS3ReadOnlyAccess"), create(t, w, "/app/", "z")
		for kind, record := range kinds {
			entity(t, w, record, "/", "Somebody")
			which := M{kind + "Name": "somebody"}
			list := "ListAttached" + kind + "Policies"
			if got := w.Must(t, list, which); at(got, "AttachedPolicies") == nil || text(got, "IsTruncated") != "false" {
				t.Errorf("%s of nothing: %v", list, got)
			}
			for _, arn := range []string{own, readOnly, deep, own} {
				w.Must(t, "Attach"+kind+"Policy", with(which, M{"PolicyArn": arn}))
			}
			want := []string{own, readOnly, deep}
			for size := 1; size <= 4; size++ {
				if diff := cmp.Diff(want, pages(t, w, list, which, size, "AttachedPolicies", "PolicyArn")); diff != "" {
					t.Errorf("%s by %d (-want +got):\n%s", list, size, diff)
				}
			}
			got := at(w.Must(t, list, with(which, M{"PathPrefix": "/app/"})), "AttachedPolicies")
			if diff := cmp.Diff([]any{M{"PolicyArn": deep, "PolicyName": "z"}}, got); diff != "" {
				t.Errorf("%s by path (-want +got):\n%s", list, diff)
			}

			w.Must(t, "Detach"+kind+"Policy", with(which, M{"PolicyArn": own}))
			w.Fails(t, "Detach"+kind+"Policy", with(which, M{"PolicyArn": own}), "NoSuchEntity", "Policy "+own+" was not found.")
			none := account + "policy/none"
			w.Fails(t, "Attach"+kind+"Policy", with(which, M{"PolicyArn": none}), "NoSuchEntity", "Policy "+none+" does not exist or is not attachable.")
			nobody := "The " + string(record) + " with name nobody cannot be found."
			for _, operation := range []string{"Attach" + kind + "Policy", "Detach" + kind + "Policy"} {
				w.Fails(t, operation, M{kind + "Name": "nobody", "PolicyArn": own}, "NoSuchEntity", nobody)
			}
			w.Fails(t, list, M{kind + "Name": "nobody"}, "NoSuchEntity", nobody)
		}
	})
}

func TestEntitiesHaveTenPoliciesAtMost(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		var arns []string
		for i := range 11 {
			arns = append(arns, create(t, w, "/", fmt.Sprint("p", i)))
		}
		for kind, record := range kinds {
			entity(t, w, record, "/", "e")
			for _, arn := range arns[:10] {
				w.Must(t, "Attach"+kind+"Policy", M{kind + "Name": "e", "PolicyArn": arn})
			}
			w.Must(t, "Attach"+kind+"Policy", M{kind + "Name": "e", "PolicyArn": arns[0]})
			w.Fails(t, "Attach"+kind+"Policy", M{kind + "Name": "e", "PolicyArn": arns[10]}, "LimitExceeded", "Cannot exceed quota for PoliciesPer"+kind+": 10")
		}
	})
}

// Whichever comes first: a policy that is gone is nobody's, and one that somebody has is there.
func TestPolicyThatIsDeletedMeanwhileIsNotAttached(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.Role, "/", "r")
		for i := range 10 {
			arn := create(t, w, "/", fmt.Sprint("p", i))
			calls := []func() error{
				func() error {
					_, err := w.Call("AttachRolePolicy", M{"RoleName": "r", "PolicyArn": arn})
					return err
				},
				func() error { _, err := w.Call("DeletePolicy", M{"PolicyArn": arn}); return err },
				func() error {
					_, err := w.Call("PutRolePermissionsBoundary", M{"RoleName": "r", "PermissionsBoundary": arn})
					return err
				},
			}
			errs := atOnce(len(calls), func(i int) error { return calls[i]() })
			if deleted := errs[1] == nil; deleted == (errs[0] == nil || errs[2] == nil) {
				t.Errorf("attached: %v, deleted: %v, boundary: %v", errs[0], errs[1], errs[2])
			}
			_, gone := w.Call("GetPolicy", M{"PolicyArn": arn})
			has := strings.Contains(fmt.Sprint(w.Must(t, "ListAttachedRolePolicies", M{"RoleName": "r"})), arn+" ")
			if gone != nil && has {
				t.Errorf("the role has a policy that is gone")
			}
			if errs[0] == nil {
				w.Must(t, "DetachRolePolicy", M{"RoleName": "r", "PolicyArn": arn})
			}
			w.Must(t, "DeleteRolePermissionsBoundary", M{"RoleName": "r"})
		}
	})
}

func TestBoundariesAreSetReplacedAndRemoved(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		first, second := create(t, w, "/", "first"), create(t, w, "/", "second")
		used := func(arn string) string {
			return text(w.Must(t, "GetPolicy", M{"PolicyArn": arn}), "Policy.PermissionsBoundaryUsageCount")
		}
		for _, kind := range []string{"Role", "User"} {
			entity(t, w, kinds[kind], "/", "e")
			which := M{kind + "Name": "e"}
			put, remove := "Put"+kind+"PermissionsBoundary", "Delete"+kind+"PermissionsBoundary"
			w.Must(t, remove, which)
			w.Must(t, put, with(which, M{"PermissionsBoundary": first}))
			w.Must(t, put, with(which, M{"PermissionsBoundary": second}))
			if used(first) != "0" || used(second) != "1" {
				t.Errorf("%s: first is used %s, second %s times", kind, used(first), used(second))
			}
			w.Must(t, put, with(which, M{"PermissionsBoundary": readOnly}))
			if used(second) != "0" || used(readOnly) != "1" {
				t.Errorf("%s: second is used %s, AWS's %s times", kind, used(second), used(readOnly))
			}
			none := account + "policy/none"
			w.Fails(t, put, with(which, M{"PermissionsBoundary": none}), "NoSuchEntity", "Scope ARN: "+none+" does not exist or is not attachable.")
			w.Fails(t, put, with(which, M{"PermissionsBoundary": account + "role/second"}), "InvalidInput", "ARN "+account+"role/second is not valid.")
			w.Must(t, remove, which)
			if used(readOnly) != "0" {
				t.Errorf("%s: AWS's is used %s times", kind, used(readOnly))
			}
			for operation, in := range map[string]M{put: {"PermissionsBoundary": first}, remove: {}} {
				w.Fails(t, operation, with(in, M{kind + "Name": "nobody"}), "NoSuchEntity", "")
			}
		}
	})
}

func TestEntitiesOfPoliciesAreListed(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		arn := create(t, w, "/", "p")
		ids := map[string]string{}
		for name, e := range map[string]struct{ kind, path string }{
			"r1": {"Role", "/"}, "r2": {"Role", "/app/"}, "u1": {"User", "/app/"}, "g1": {"Group", "/"}, "g2": {"Group", "/application/"},
		} {
			ids[name] = entity(t, w, kinds[e.kind], e.path, name)
			if name != "r1" {
				w.Must(t, "Attach"+e.kind+"Policy", M{e.kind + "Name": name, "PolicyArn": arn})
			}
		}
		w.Must(t, "PutRolePermissionsBoundary", M{"RoleName": "r1", "PermissionsBoundary": arn})
		w.Must(t, "PutRolePermissionsBoundary", M{"RoleName": "r2", "PermissionsBoundary": arn})
		entity(t, w, principal.Role, "/", "bystander")

		for want, in := range map[string]M{
			"r1 r2 / u1 / g1 g2": {},
			"r2 / u1 / g1 g2":    {"PolicyUsageFilter": "PermissionsPolicy"},
			"r1 r2 /  / ":        {"PolicyUsageFilter": "PermissionsBoundary"},
			"r2 / u1 / ":         {"PathPrefix": "/app/"},
			" /  / g2":           {"PathPrefix": "/application/"},
			" / u1 / ":           {"EntityFilter": "User"},
			" /  / g1 g2":        {"EntityFilter": "Group"},
			"r2 /  / ":           {"EntityFilter": "Role", "PolicyUsageFilter": "PermissionsPolicy"},
			" /  / ":             {"EntityFilter": "AWSManagedPolicy"},
		} {
			in["PolicyArn"] = arn
			for _, size := range []int{1, 2, 9} {
				if got := entitiesOf(t, w, in, size); got != want {
					t.Errorf("%v by %d: got %q, want %q", in, size, got, want)
				}
			}
		}

		out := w.Must(t, "ListEntitiesForPolicy", M{"PolicyArn": arn, "EntityFilter": "User"})
		if diff := cmp.Diff([]any{M{"UserName": "u1", "UserId": ids["u1"]}}, at(out, "PolicyUsers")); diff != "" || at(out, "PolicyRoles") == nil {
			t.Errorf("users of %v (-want +got):\n%s", out, diff)
		}
		if out := w.Must(t, "ListEntitiesForPolicy", M{"PolicyArn": readOnly}); at(out, "PolicyRoles") == nil || text(out, "IsTruncated") != "false" {
			t.Errorf("of AWS's: %v", out)
		}
		marker := text(w.Must(t, "ListEntitiesForPolicy", M{"PolicyArn": arn, "MaxItems": 1}), "Marker")
		w.Fails(t, "ListEntitiesForPolicy", M{"PolicyArn": readOnly, "Marker": marker}, "ValidationError", "Invalid Marker.")
	})
}

// entitiesOf reads all pages of ListEntitiesForPolicy: the names of roles, users and groups, each in their order.
func entitiesOf(t *testing.T, w *servertest.World, in M, size int) string {
	t.Helper()
	found := map[string]map[string]bool{"Role": {}, "User": {}, "Group": {}}
	in = with(in, M{"MaxItems": size})
	for {
		out := w.Must(t, "ListEntitiesForPolicy", in)
		n := 0
		for kind := range found {
			for _, name := range texts(out, "Policy"+kind+"s", kind+"Name") {
				if found[kind][name] {
					t.Errorf("%s is listed twice", name)
				}
				found[kind][name] = true
				n++
			}
		}
		if n > size {
			t.Errorf("%d entities on a page of %d", n, size)
		}
		if in = with(in, M{"Marker": out["Marker"]}); in["Marker"] == nil {
			break
		}
	}
	lists := []string{}
	for _, kind := range []string{"Role", "User", "Group"} {
		names := []string{}
		for _, number := range []string{"1", "2"} {
			if name := strings.ToLower(kind[:1]) + number; found[kind][name] {
				names = append(names, name)
			}
		}
		lists = append(lists, strings.Join(names, " "))
	}
	return strings.Join(lists, " / ")
}

// A role that is deleted while it gets policies leaves none behind.
func TestRoleThatIsDeletedMeanwhileHasNoPolicies(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		arn := create(t, w, "/", "p")
		for i := range 10 {
			name := fmt.Sprint("r", i)
			id := entity(t, w, principal.Role, "/", name)
			operations := []struct {
				name string
				in   M
			}{
				{"AttachRolePolicy", M{"PolicyArn": arn}},
				{"DeleteRole", M{}},
				{"PutRolePermissionsBoundary", M{"PermissionsBoundary": arn}},
				{"PutRolePolicy", M{"PolicyName": "p", "PolicyDocument": other}},
			}
			errs := atOnce(len(operations), func(i int) error {
				_, err := w.Call(operations[i].name, with(operations[i].in, M{"RoleName": name}))
				return err
			})
			deleted := errs[1] == nil
			if deleted == (errs[0] == nil || errs[3] == nil) {
				t.Errorf("attached: %v, deleted: %v, inline: %v", errs[0], errs[1], errs[3])
			}
			if !deleted {
				continue
			}
			err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
				attached, err := policy.AttachedTo(tx, id)
				boundary, err2 := policy.BoundaryOf(tx, id)
				inline, err3 := policy.InlineOf(tx, id)
				if len(attached)+len(inline) > 0 || boundary != "" {
					t.Errorf("a role that is gone has %v, %v, %q", attached, inline, boundary)
				}
				return errors.Join(err, err2, err3)
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}
