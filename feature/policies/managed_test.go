package policies_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/server/servertest"
)

func TestPolicyIsCreatedReadAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		in := M{
			"PolicyName": "Reader", "Path": "/app/", "PolicyDocument": document, "Description": "reads",
			"Tags": []M{{"Key": "b", "Value": "2"}, {"Key": "B", "Value": ""}},
		}
		created := w.Must(t, "CreatePolicy", in)
		arn := account + "policy/app/Reader"
		tags := []any{M{"Key": "B", "Value": ""}, M{"Key": "b", "Value": "2"}}
		want := M{
			"PolicyName": "Reader", "PolicyId": text(created, "Policy.PolicyId"), "Arn": arn, "Path": "/app/", "DefaultVersionId": "v1",
			"AttachmentCount": "0", "PermissionsBoundaryUsageCount": "0", "IsAttachable": "true",
			"CreateDate": "2026-03-14T15:09:26.535Z", "UpdateDate": "2026-03-14T15:09:26.535Z", "Tags": tags,
		}
		if diff := cmp.Diff(want, at(created, "Policy")); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if id := text(created, "Policy.PolicyId"); len(id) != 21 || !strings.HasPrefix(id, "ANPA") {
			t.Errorf("id %q", id)
		}

		w.Advance(time.Hour)
		want["Description"] = "reads"
		if diff := cmp.Diff(want, at(w.Must(t, "GetPolicy", M{"PolicyArn": arn}), "Policy")); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		version := w.Must(t, "GetPolicyVersion", M{"PolicyArn": arn, "VersionId": "v1"})
		if got := decoded(t, text(version, "PolicyVersion.Document")); got != document {
			t.Errorf("document %q", got)
		}

		w.Fails(t, "CreatePolicy", with(in, M{"PolicyName": "READER", "Path": nil}), "EntityAlreadyExists",
			"A policy called READER already exists. Duplicate names are not allowed.")
		w.Must(t, "DeletePolicy", M{"PolicyArn": arn})
		for _, operation := range []string{"GetPolicy", "DeletePolicy", "ListPolicyVersions", "ListPolicyTags", "ListEntitiesForPolicy"} {
			w.Fails(t, operation, M{"PolicyArn": arn}, "NoSuchEntity", "Policy "+arn+" was not found.")
		}
		plain := w.Must(t, "CreatePolicy", M{"PolicyName": "reader", "PolicyDocument": document})
		if text(plain, "Policy.Arn") != account+"policy/reader" || text(plain, "Policy.PolicyId") == want["PolicyId"] {
			t.Errorf("a policy without a path: %v", plain)
		}
	})
}

func TestDocumentsMustBePolicies(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		arn := create(t, w, "/", "p")
		entity(t, w, principal.Role, "/", "r")
		entity(t, w, principal.User, "/", "u")
		entity(t, w, principal.Group, "/", "g")
		trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`
		for _, bad := range []string{"garbage", "{}", trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`} {
			w.Fails(t, "CreatePolicy", M{"PolicyName": "q", "PolicyDocument": bad}, "MalformedPolicyDocument", "")
			w.Fails(t, "CreatePolicyVersion", M{"PolicyArn": arn, "PolicyDocument": bad}, "MalformedPolicyDocument", "")
			w.Fails(t, "PutRolePolicy", M{"RoleName": "r", "PolicyName": "q", "PolicyDocument": bad}, "MalformedPolicyDocument", "")
			w.Fails(t, "PutUserPolicy", M{"UserName": "u", "PolicyName": "q", "PolicyDocument": bad}, "MalformedPolicyDocument", "")
			w.Fails(t, "PutGroupPolicy", M{"GroupName": "g", "PolicyName": "q", "PolicyDocument": bad}, "MalformedPolicyDocument", "")
		}
		w.Must(t, "CreatePolicy", M{"PolicyName": "most", "PolicyDocument": sized(6144)})
		for _, in := range []M{{"PolicyName": "more", "PolicyDocument": sized(6145)}, {"PolicyName": "tags", "PolicyDocument": sized(9000)}} {
			w.Fails(t, "CreatePolicy", in, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
		}
		w.Fails(t, "CreatePolicyVersion", M{"PolicyArn": arn, "PolicyDocument": sized(6145)}, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
	})
}

// sized is a policy of a size in characters, among white space, which does not count.
func sized(size int) string {
	frame := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"s3:prefix":["",%s]}}}}`
	const piece = `"ü"`
	free := size - (len(frame) - len("%s"))
	items := []string{}
	for free > 50 {
		items = append(items, piece)
		free -= 4
	}
	items = append(items, `"`+strings.Repeat("x", free-2)+`"`)
	return fmt.Sprintf(frame, strings.Join(items, " ,\n\t"))
}

func TestPolicyThatSomebodyHasIsNotDeleted(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		attached, boundary, versions := create(t, w, "/", "attached"), create(t, w, "/", "boundary"), create(t, w, "/", "versions")
		entity(t, w, principal.Role, "/", "r")
		w.Must(t, "AttachRolePolicy", M{"RoleName": "r", "PolicyArn": attached})
		w.Must(t, "PutRolePermissionsBoundary", M{"RoleName": "r", "PermissionsBoundary": boundary})
		w.Must(t, "CreatePolicyVersion", M{"PolicyArn": versions, "PolicyDocument": other})

		const inUse = "Cannot delete a policy attached to entities."
		w.Fails(t, "DeletePolicy", M{"PolicyArn": attached}, "DeleteConflict", inUse)
		w.Fails(t, "DeletePolicy", M{"PolicyArn": boundary}, "DeleteConflict", inUse)
		w.Fails(t, "DeletePolicy", M{"PolicyArn": versions}, "DeleteConflict", "This policy has more than one version. "+
			"Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")

		for arn, want := range map[string]string{attached: "1 0", boundary: "0 1", versions: "0 0"} {
			p := w.Must(t, "GetPolicy", M{"PolicyArn": arn})
			if got := text(p, "Policy.AttachmentCount") + " " + text(p, "Policy.PermissionsBoundaryUsageCount"); got != want {
				t.Errorf("%s is used %s, want %s", arn, got, want)
			}
		}

		w.Must(t, "DetachRolePolicy", M{"RoleName": "r", "PolicyArn": attached})
		w.Must(t, "DeleteRolePermissionsBoundary", M{"RoleName": "r"})
		w.Must(t, "DeletePolicyVersion", M{"PolicyArn": versions, "VersionId": "v2"})
		for _, arn := range []string{attached, boundary, versions} {
			w.Must(t, "DeletePolicy", M{"PolicyArn": arn})
		}
	})
}

func TestPoliciesOfAWSAreReadAndNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.User, "/", "u")
		w.Must(t, "AttachUserPolicy", M{"UserName": "u", "PolicyArn": readOnly})
		got := w.Must(t, "GetPolicy", M{"PolicyArn": readOnly})
		if text(got, "Policy.PolicyName") != "AmazonS3ReadOnlyAccess" || text(got, "Policy.AttachmentCount") != "1" || text(got, "Policy.Arn") != readOnly {
			t.Errorf("got %v", got)
		}
		in := M{"PolicyArn": readOnly, "VersionId": text(got, "Policy.DefaultVersionId")}
		version := w.Must(t, "GetPolicyVersion", in)
		if doc := decoded(t, text(version, "PolicyVersion.Document")); !strings.Contains(doc, "s3:Get") || text(version, "PolicyVersion.IsDefaultVersion") != "true" {
			t.Errorf("got %v", version)
		}
		if got := texts(w.Must(t, "ListPolicyVersions", M{"PolicyArn": readOnly}), "Versions", "VersionId"); len(got) != 1 || got[0] != in["VersionId"] {
			t.Errorf("versions %v", got)
		}
		w.Must(t, "ListPolicyTags", M{"PolicyArn": readOnly})

		foreign := strings.Replace(account, servertest.Account, "999999999999", 1) + "policy/p"
		for _, arn := range []string{readOnly, foreign} {
			for operation, more := range map[string]M{
				"DeletePolicy":            {},
				"CreatePolicyVersion":     {"PolicyDocument": other},
				"DeletePolicyVersion":     {"VersionId": "v1"},
				"SetDefaultPolicyVersion": {"VersionId": "v1"},
				"TagPolicy":               {"Tags": []M{{"Key": "k", "Value": "v"}}},
				"UntagPolicy":             {"TagKeys": []string{"k"}},
			} {
				w.Fails(t, operation, with(more, M{"PolicyArn": arn}), "AccessDenied", "Policy is outside your own account.")
			}
		}
		w.Fails(t, "GetPolicy", M{"PolicyArn": foreign}, "NoSuchEntity", "Policy "+foreign+" was not found.")
		chinese := strings.Replace(readOnly, "aws", "aws-cn", 1)
		w.Fails(t, "GetPolicy", M{"PolicyArn": chinese}, "NoSuchEntity", "")
		w.Fails(t, "AttachUserPolicy", M{"UserName": "u", "PolicyArn": chinese}, "NoSuchEntity", "Policy "+chinese+" does not exist or is not attachable.")
		for operation, in := range map[string]M{"GetPolicy": {}, "DeletePolicy": {}, "DetachUserPolicy": {"UserName": "u"}, "AttachUserPolicy": {"UserName": "u"}} {
			w.Fails(t, operation, with(in, M{"PolicyArn": account + "role/policy/p"}), "InvalidInput", "ARN "+account+"role/policy/p is not valid.")
		}
	})
}

func TestPoliciesAreListed(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		create(t, w, "/", "b")
		create(t, w, "/", "zz")
		a, c := create(t, w, "/app/", "A"), create(t, w, "/app/x/", "c")
		entity(t, w, principal.Group, "/", "g")
		entity(t, w, principal.User, "/", "u")
		w.Must(t, "AttachGroupPolicy", M{"GroupName": "g", "PolicyArn": a})
		w.Must(t, "PutUserPermissionsBoundary", M{"UserName": "u", "PermissionsBoundary": c})
		w.Must(t, "AttachUserPolicy", M{"UserName": "u", "PolicyArn": readOnly})

		for _, c := range []struct {
			in   M
			want string
		}{
			{M{"Scope": "Local"}, "A b c zz"},
			{M{"Scope": "Local", "PathPrefix": "/app/"}, "A c"},
			{M{"Scope": "Local", "OnlyAttached": true}, "A c"},
			{M{"OnlyAttached": true}, "A c AmazonS3ReadOnlyAccess"},
			{M{"Scope": "AWS", "OnlyAttached": true}, "AmazonS3ReadOnlyAccess"},
			{M{"Scope": "All", "PolicyUsageFilter": "PermissionsPolicy"}, "A AmazonS3ReadOnlyAccess"},
			{M{"PolicyUsageFilter": "PermissionsBoundary"}, "c"},
			{M{"PathPrefix": "/none/"}, ""},
		} {
			for size := 1; size <= 4; size++ {
				if got := strings.Join(pages(t, w, "ListPolicies", c.in, size, "Policies", "PolicyName"), " "); got != c.want {
					t.Errorf("%v by %d: got %s, want %s", c.in, size, got, c.want)
				}
			}
		}

		all := texts(w.Must(t, "ListPolicies", M{"MaxItems": 1000}), "Policies", "PolicyName")
		theirs := texts(w.Must(t, "ListPolicies", M{"Scope": "AWS", "MaxItems": 1000}), "Policies", "PolicyName")
		if len(theirs) < 2 || len(all) != 4+len(theirs) {
			t.Errorf("%d policies of AWS, %d in all", len(theirs), len(all))
		}
		if diff := cmp.Diff(all, pages(t, w, "ListPolicies", M{}, 2, "Policies", "PolicyName")); diff != "" {
			t.Errorf("by two (-at once +paged):\n%s", diff)
		}

		first := w.Must(t, "ListPolicies", M{"Scope": "Local", "MaxItems": 1})
		listed := at(first, "Policies.0").(M)
		if text(listed, "AttachmentCount") != "1" || listed["Tags"] != nil || listed["Description"] != nil {
			t.Errorf("listed %v", listed)
		}
		for _, in := range []M{{"Scope": "AWS"}, {"Scope": "Local", "OnlyAttached": true}, {"Scope": "Local", "PathPrefix": "/app/"}, {"Scope": "Local", "PolicyUsageFilter": "PermissionsPolicy"}} {
			w.Fails(t, "ListPolicies", with(in, M{"Marker": text(first, "Marker")}), "ValidationError", "Invalid Marker.")
		}
		if empty := w.Must(t, "ListPolicies", M{"PathPrefix": "/none/"}); at(empty, "Policies") == nil {
			t.Errorf("of nothing: %v", empty)
		}
	})
}

func TestTagsOfPolicies(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		arn := create(t, w, "/", "p")
		which := M{"PolicyArn": arn}
		updated := text(w.Must(t, "GetPolicy", which), "Policy.UpdateDate")
		if got := w.Must(t, "ListPolicyTags", which); at(got, "Tags") == nil || len(texts(got, "Tags", "Key")) != 0 {
			t.Errorf("tags of a new policy: %v", got)
		}
		w.Advance(time.Hour)
		w.Must(t, "TagPolicy", with(which, M{"Tags": []M{{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "1"}, {"Key": "A", "Value": "1"}}}))
		w.Must(t, "TagPolicy", with(which, M{"Tags": []M{{"Key": "b", "Value": "2"}}}))
		w.Must(t, "UntagPolicy", with(which, M{"TagKeys": []string{"a", "none"}}))
		want := []any{M{"Key": "A", "Value": "1"}, M{"Key": "b", "Value": "2"}}
		if diff := cmp.Diff(want, at(w.Must(t, "ListPolicyTags", which), "Tags")); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		if got := text(w.Must(t, "GetPolicy", which), "Policy.UpdateDate"); got != updated {
			t.Errorf("tags changed UpdateDate to %s", got)
		}
		if got := pages(t, w, "ListPolicyTags", which, 1, "Tags", "Key"); strings.Join(got, " ") != "A b" {
			t.Errorf("by one: %v", got)
		}

		w.Fails(t, "TagPolicy", with(which, M{"Tags": []M{{"Key": "x", "Value": ""}, {"Key": "x", "Value": ""}}}), "InvalidInput", "")
		w.Fails(t, "TagPolicy", with(which, M{"Tags": []M{{"Key": "aws:x", "Value": ""}}}), "InvalidInput", "")
		many := []M{}
		for i := range 49 {
			many = append(many, M{"Key": fmt.Sprint("k", i), "Value": ""})
		}
		w.Fails(t, "TagPolicy", with(which, M{"Tags": many}), "LimitExceeded", "The number of tags has reached the maximum limit.")
		w.Must(t, "TagPolicy", with(which, M{"Tags": many[1:]}))
	})
}

func TestAccountHasFifteenHundredPoliciesAtMost(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 1499 {
				name := fmt.Sprint("p", i)
				if err := policy.Insert(tx, &policy.Managed{ARN: account + "policy/" + name, Name: name, Path: "/"}, other); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		create(t, w, "/", "last")
		w.Fails(t, "CreatePolicy", M{"PolicyName": "more", "PolicyDocument": other}, "LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: 1500")
		if got := len(pages(t, w, "ListPolicies", M{"Scope": "Local"}, 1000, "Policies", "PolicyName")); got != 1500 {
			t.Errorf("%d policies are listed", got)
		}
	})
}

// As Terraform does, which has ten requests under way.
func TestPoliciesAreCreatedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		for _, err := range atOnce(20, func(i int) error {
			_, err := w.Call("CreatePolicy", M{"PolicyName": fmt.Sprint("p", i), "PolicyDocument": document})
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		exist := 0
		for _, err := range atOnce(10, func(int) error {
			_, err := w.Call("CreatePolicy", M{"PolicyName": "same", "PolicyDocument": document})
			return err
		}) {
			if err != nil && strings.HasPrefix(err.Error(), "EntityAlreadyExists: ") {
				exist++
			}
		}
		if exist != 9 {
			t.Errorf("%d of ten policies of one name exist already", exist)
		}
	})
}
