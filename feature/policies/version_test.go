package policies_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestVersionsOfPolicies(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		which := M{"PolicyArn": create(t, w, "/", "p")}
		versions := func() string {
			return strings.Join(pages(t, w, "ListPolicyVersions", which, 2, "Versions", "VersionId"), " ")
		}
		standard := func() string { return text(w.Must(t, "GetPolicy", which), "Policy.DefaultVersionId") }

		w.Advance(time.Second)
		got := w.Must(t, "CreatePolicyVersion", with(which, M{"PolicyDocument": other}))
		want := M{"VersionId": "v2", "IsDefaultVersion": "false", "CreateDate": "2026-03-14T15:09:27.535Z"}
		if diff := cmp.Diff(want, at(got, "PolicyVersion")); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if p := w.Must(t, "GetPolicy", which); text(p, "Policy.UpdateDate") != "2026-03-14T15:09:27.535Z" || text(p, "Policy.CreateDate") != "2026-03-14T15:09:26.535Z" {
			t.Errorf("policy with a second version: %v", p)
		}
		if standard() != "v1" {
			t.Errorf("default %s", standard())
		}
		w.Must(t, "CreatePolicyVersion", with(which, M{"PolicyDocument": other, "SetAsDefault": true}))
		if standard() != "v3" {
			t.Errorf("default %s", standard())
		}
		w.Advance(time.Second)
		w.Must(t, "SetDefaultPolicyVersion", with(which, M{"VersionId": "v2"}))
		if p := w.Must(t, "GetPolicy", which); standard() != "v2" || text(p, "Policy.UpdateDate") != "2026-03-14T15:09:27.535Z" {
			t.Errorf("default %s of %v", standard(), p)
		}

		for name, document := range map[string]string{"v1": document, "v2": other} {
			v := w.Must(t, "GetPolicyVersion", with(which, M{"VersionId": name}))
			if decoded(t, text(v, "PolicyVersion.Document")) != document || text(v, "PolicyVersion.IsDefaultVersion") != map[bool]string{true: "true", false: "false"}[name == "v2"] {
				t.Errorf("%s: %v", name, v)
			}
		}
		w.Fails(t, "DeletePolicyVersion", with(which, M{"VersionId": "v2"}), "DeleteConflict", "Cannot delete the default version of a policy.")
		w.Must(t, "DeletePolicyVersion", with(which, M{"VersionId": "v3"}))
		for _, operation := range []string{"GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"} {
			for _, name := range []string{"v3", "v9", "v99999999999999999999", "v1.x"} {
				w.Fails(t, operation, with(which, M{"VersionId": name}), "NoSuchEntity",
					"Policy "+which["PolicyArn"].(string)+" version "+name+" does not exist or is not attachable.")
			}
		}

		for range 3 {
			w.Must(t, "CreatePolicyVersion", with(which, M{"PolicyDocument": other}))
		}
		if got := versions(); got != "v6 v5 v4 v2 v1" {
			t.Errorf("versions %s: numbers are never given again", got)
		}
		w.Fails(t, "CreatePolicyVersion", with(which, M{"PolicyDocument": other}), "LimitExceeded",
			"A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
		if got := at(w.Must(t, "ListPolicyVersions", which), "Versions.0.Document"); got != nil {
			t.Errorf("a listed version has the document %v", got)
		}
	})
}

func TestVersionsMadeAtOnceAllStay(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		which := M{"PolicyArn": create(t, w, "/", "p")}
		made := 0
		for _, err := range atOnce(8, func(int) error {
			_, err := w.Call("CreatePolicyVersion", with(which, M{"PolicyDocument": other}))
			return err
		}) {
			if err == nil {
				made++
			} else if !strings.HasPrefix(err.Error(), "LimitExceeded: ") {
				t.Error(err)
			}
		}
		got := strings.Join(texts(w.Must(t, "ListPolicyVersions", which), "Versions", "VersionId"), " ")
		if made != 4 || got != "v5 v4 v3 v2 v1" {
			t.Errorf("%d were made, and there are %s", made, got)
		}
	})
}
