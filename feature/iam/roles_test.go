package iam_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cardea/server/servertest"
)

// trust is the trust policy of the guides: signed-in identities of one pool.
const trust = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Federated": "cognito-identity.amazonaws.com"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:12345678-dead-beef-cafe-123456790ab"},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}
      }
    }
  ]
}
`

const other = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// encoded writes a document as RFC 3986 does.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func TestRoleIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		which := M{"RoleName": "Reader"}
		w.Fails(t, "GetRole", which, "NoSuchEntity", "The role with name Reader cannot be found.")
		out := w.Must(t, "CreateRole", with(which, M{"AssumeRolePolicyDocument": trust, "Path": "/app/", "Tags": tags("k", "v")}))
		id := text(out, "Role.RoleId")
		if !regexp.MustCompile(`^AROA[A-Z2-7]{16}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		want := M{
			"RoleName": "Reader", "RoleId": id, "Path": "/app/", "Arn": account + "role/app/Reader", "CreateDate": created,
			"AssumeRolePolicyDocument": encoded(trust), "MaxSessionDuration": "3600", "Tags": read("k", "v"),
		}
		equal(t, "created", M{"Role": want}, out)
		want["RoleLastUsed"] = ""
		equal(t, "got", M{"Role": want}, w.Must(t, "GetRole", which))
		w.Fails(t, "CreateRole", M{"RoleName": "READER", "AssumeRolePolicyDocument": trust}, "EntityAlreadyExists", "Role with name READER already exists.")

		w.Must(t, "UpdateRole", with(which, M{"Description": "reads", "MaxSessionDuration": 43200}))
		w.Must(t, "UpdateRole", which)
		w.Must(t, "UpdateAssumeRolePolicy", with(which, M{"PolicyDocument": other}))
		want = with(want, M{"Description": "reads", "MaxSessionDuration": "43200", "AssumeRolePolicyDocument": encoded(other)})
		equal(t, "updated", M{"Role": want}, w.Must(t, "GetRole", which))
		listed := with(want, M{"Tags": nil, "RoleLastUsed": nil})
		equal(t, "listed", M{"Roles": []any{listed}, "IsTruncated": "false"}, w.Must(t, "ListRoles", nil))
		listed = with(listed, M{"Description": nil})
		equal(t, "described", M{"Role": listed}, w.Must(t, "UpdateRoleDescription", with(which, M{"Description": ""})))

		equal(t, "profiles", M{"InstanceProfiles": "", "IsTruncated": "false"}, w.Must(t, "ListInstanceProfilesForRole", which))
		w.Must(t, "DeleteRole", which)
		for operation, in := range map[string]M{
			"GetRole": nil, "DeleteRole": nil, "UpdateRole": nil, "UpdateRoleDescription": {"Description": "x"},
			"UpdateAssumeRolePolicy": {"PolicyDocument": other}, "ListInstanceProfilesForRole": nil, "ListRoleTags": nil,
			"TagRole": {"Tags": tags("a", "b")}, "UntagRole": {"TagKeys": []string{"a"}},
		} {
			w.Fails(t, operation, with(which, in), "NoSuchEntity", "The role with name Reader cannot be found.")
		}
	})
}

func TestRolesAreListedByNameAndPath(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		for name, path := range map[string]string{"c": "/a/", "A": "/", "d": "/a/b/"} {
			w.Must(t, "CreateRole", M{"RoleName": name, "Path": path, "AssumeRolePolicyDocument": other})
		}
		equal(t, "all", []string{"A", "c", "d"}, pages(t, w, "ListRoles", nil, "Roles", "RoleName"))
		equal(t, "under a path", []string{"c", "d"}, pages(t, w, "ListRoles", M{"PathPrefix": "/a/"}, "Roles", "RoleName"))
		equal(t, "under none", M{"IsTruncated": "false", "Roles": ""}, w.Must(t, "ListRoles", M{"PathPrefix": "/none"}))
	})
}

func TestTrustPoliciesAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateRole", M{"RoleName": "r", "AssumeRolePolicyDocument": other})
		for _, document := range []string{
			`nonsense`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"nobody"},"Action":"sts:AssumeRole"}]}`,
		} {
			w.Fails(t, "CreateRole", M{"RoleName": "x", "AssumeRolePolicyDocument": document}, "MalformedPolicyDocument", "")
			w.Fails(t, "UpdateAssumeRolePolicy", M{"RoleName": "r", "PolicyDocument": document}, "MalformedPolicyDocument", "")
		}
		long := strings.Replace(other, `"Statement"`, `"Id":"`+strings.Repeat("x", 2048)+`","Statement"`, 1)
		w.Fails(t, "CreateRole", M{"RoleName": "x", "AssumeRolePolicyDocument": long}, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
		w.Fails(t, "UpdateAssumeRolePolicy", M{"RoleName": "r", "PolicyDocument": long}, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
		if got := text(w.Must(t, "GetRole", M{"RoleName": "r"}), "Role.AssumeRolePolicyDocument"); got != encoded(other) {
			t.Errorf("a refused policy was kept: %s", got)
		}
		w.Fails(t, "GetRole", M{"RoleName": "x"}, "NoSuchEntity", "")
		for _, seconds := range []int{3599, 43201} {
			w.Fails(t, "CreateRole", M{"RoleName": "x", "AssumeRolePolicyDocument": other, "MaxSessionDuration": seconds}, "ValidationError", "")
			w.Fails(t, "UpdateRole", M{"RoleName": "r", "MaxSessionDuration": seconds}, "ValidationError", "")
		}
	})
}

const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`

// managed makes a managed policy and gives its ARN.
func managed(t *testing.T, w *servertest.World, name string) string {
	t.Helper()
	return text(w.Must(t, "CreatePolicy", M{"PolicyName": name, "PolicyDocument": document}), "Policy.Arn")
}

func TestBoundaryIsGivenAtCreation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		limits := managed(t, w, "limits")
		want := M{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": limits}
		role := M{"RoleName": "r", "AssumeRolePolicyDocument": other}
		user := M{"UserName": "u"}
		for operation, in := range map[string]M{"CreateRole": role, "CreateUser": user} {
			none := account + "policy/none"
			w.Fails(t, operation, with(in, M{"PermissionsBoundary": none}), "NoSuchEntity",
				"Scope ARN: "+none+" does not exist or is not attachable.")
			wrong := account + "not_a_policy/invalid"
			w.Fails(t, operation, with(in, M{"PermissionsBoundary": wrong}), "InvalidInput", "ARN "+wrong+" is not valid.")
			kind := strings.TrimPrefix(operation, "Create")
			name := M{kind + "Name": in[kind+"Name"]}
			w.Fails(t, "Get"+kind, name, "NoSuchEntity", "")

			out := w.Must(t, operation, with(in, M{"PermissionsBoundary": limits}))
			equal(t, "created", any(want), at(out, kind+".PermissionsBoundary"))
			equal(t, "got", any(want), at(w.Must(t, "Get"+kind, name), kind+".PermissionsBoundary"))
			if at(w.Must(t, "List"+kind+"s", nil), kind+"s.0.PermissionsBoundary") != nil {
				t.Error("lists show boundaries")
			}
			w.Must(t, "Delete"+kind, name)
		}
		w.Must(t, "DeletePolicy", M{"PolicyArn": limits})
	})
}

// Roles, users and groups are deleted only when they have no policies any more: attached ones are asked for first.
func TestPoliciesKeepTheirPrincipal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		arn := managed(t, w, "p")
		for kind, create := range map[string]M{
			"Role": {"RoleName": "x", "AssumeRolePolicyDocument": other}, "User": {"UserName": "x"}, "Group": {"GroupName": "x"},
		} {
			which := M{kind + "Name": "x"}
			attached, inline := with(which, M{"PolicyArn": arn}), with(which, M{"PolicyName": "i"})
			w.Must(t, "Create"+kind, create)
			w.Must(t, "Attach"+kind+"Policy", attached)
			w.Must(t, "Put"+kind+"Policy", with(inline, M{"PolicyDocument": document}))
			w.Fails(t, "Delete"+kind, which, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
			w.Must(t, "Detach"+kind+"Policy", attached)
			w.Fails(t, "Delete"+kind, which, "DeleteConflict", "Cannot delete entity, must delete policies first.")
			w.Must(t, "Delete"+kind+"Policy", inline)
			w.Must(t, "Delete"+kind, which)
		}
	})
}

func TestRolesHaveTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		which := M{"RoleName": "r"}
		w.Must(t, "CreateRole", with(which, M{"AssumeRolePolicyDocument": other, "Tags": tags("b", "1", "a", "2")}))
		w.Must(t, "TagRole", with(which, M{"Tags": tags("A", "", "c", "3")}))
		equal(t, "keys", []string{"A", "b", "c"}, pages(t, w, "ListRoleTags", which, "Tags", "Key"))
		w.Must(t, "UntagRole", with(which, M{"TagKeys": []string{"B"}}))
		equal(t, "left", read("A", "", "c", "3"), at(w.Must(t, "GetRole", which), "Role.Tags").([]any))
		w.Fails(t, "CreateRole", M{"RoleName": "x", "AssumeRolePolicyDocument": other, "Tags": tags("a", "1", "A", "2")}, "InvalidInput",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	})
}
