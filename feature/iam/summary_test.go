package iam_test

import (
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/server/servertest"
)

func TestAccountIsSummarized(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		equal(t, "aliases", M{"AccountAliases": "", "IsTruncated": "false"}, w.Must(t, "ListAccountAliases", nil))
		before := w.Must(t, "GetAccountSummary", nil)["SummaryMap"].(M)
		if len(before) != 34 {
			t.Errorf("%d counts, want 34", len(before))
		}
		w.Must(t, "CreateUser", M{"UserName": "u"})
		w.Must(t, "CreateAccessKey", M{"UserName": "u"})
		w.Must(t, "CreateUser", M{"UserName": "v"})
		w.Must(t, "CreateGroup", M{"GroupName": "g"})
		w.Must(t, "CreateRole", M{"RoleName": "r", "AssumeRolePolicyDocument": other})
		w.Must(t, "CreateSAMLProvider", M{"Name": "s", "SAMLMetadataDocument": metadata("")})
		w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example"})
		managed(t, w, "p")
		want := with(before, M{"Users": "2", "Groups": "1", "Roles": "1", "Providers": "2", "Policies": "1", "PolicyVersionsInUse": "1"})
		equal(t, "counted", want, w.Must(t, "GetAccountSummary", nil)["SummaryMap"].(M))
		for name, quota := range map[string]string{"UsersQuota": "5000", "RolesQuota": "1000", "GroupsQuota": "300", "AccessKeysPerUserQuota": "2"} {
			if want[name] != quota {
				t.Errorf("%s is %v", name, want[name])
			}
		}

		root := text(w.Must(t, "CreateAccessKey", nil), "AccessKey.AccessKeyId")
		present := func() string { return text(w.Must(t, "GetAccountSummary", nil), "SummaryMap.AccountAccessKeysPresent") }
		if got := present(); got != "1" {
			t.Errorf("with a root key: %s", got)
		}
		w.Must(t, "UpdateAccessKey", M{"AccessKeyId": root, "Status": "Inactive"})
		if got := present(); got != "0" {
			t.Errorf("with an inactive root key: %s", got)
		}
	})
}

func TestAccountHasQuotas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		for _, c := range []struct {
			kind principal.Kind
			most int
			in   M
			want string
		}{
			{principal.Role, 1000, M{"RoleName": "x", "AssumeRolePolicyDocument": other}, "Cannot exceed quota for RolesPerAccount: 1000"},
			{principal.User, 5000, M{"UserName": "x"}, "Cannot exceed quota for UsersPerAccount: 5000"},
			{principal.Group, 300, M{"GroupName": "x"}, "Cannot exceed quota for GroupsPerAccount: 300"},
		} {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				for _, name := range numbered("n%d", c.most-1) {
					if err := principal.Insert(tx, &principal.Principal{Kind: c.kind, Name: name, Path: "/"}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			operation := "Create" + strings.ToUpper(string(c.kind[:1])) + string(c.kind[1:])
			w.Must(t, operation, c.in)
			for name, value := range c.in {
				if value == "x" {
					c.in[name] = "y"
				}
			}
			w.Fails(t, operation, c.in, "LimitExceeded", c.want)
		}
		for _, name := range numbered("s%d", 100) {
			w.Must(t, "CreateSAMLProvider", M{"Name": name, "SAMLMetadataDocument": metadata("")})
		}
		w.Fails(t, "CreateSAMLProvider", M{"Name": "x", "SAMLMetadataDocument": metadata("")}, "LimitExceeded",
			"Cannot exceed quota for SAMLProvidersPerAccount: 100")
	})
}
