package policies_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/principal"
	"cardea/server/servertest"
)

// statement is a policy of one statement.
func statement(effect, action, resource, condition string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `","Condition":` + condition + `}}`
}

// simulate asks and returns the results by action.
func simulate(t *testing.T, w *servertest.World, operation string, in M) map[string]M {
	t.Helper()
	results := map[string]M{}
	list, _ := at(w.Must(t, operation, in), "EvaluationResults").([]any)
	for _, one := range list {
		results[text(one.(M), "EvalActionName")] = one.(M)
	}
	return results
}

func TestSimulateCustomPolicyDecidesAsPoliciesDo(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		results := simulate(t, w, "SimulateCustomPolicy", M{
			"PolicyInputList": []any{
				statement("Allow", "s3:*", "*", "{}"),
				"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Deny\", \"Action\": \"s3:Delete*\", \"Resource\": \"*\"}\n  ]\n}",
			},
			"PermissionsBoundaryPolicyInputList": []any{statement("Allow", "s3:GetObject", "*", "{}")},
			"ActionNames":                        []any{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "ec2:RunInstances"},
		})
		for action, want := range map[string]string{
			"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny", "s3:DeleteObject": "explicitDeny", "ec2:RunInstances": "implicitDeny",
		} {
			one := results[action]
			if text(one, "EvalDecision") != want || text(one, "EvalResourceName") != "*" {
				t.Errorf("%s: %v, want %s", action, one, want)
			}
			boundary := map[bool]string{true: "true", false: "false"}[action == "s3:GetObject"]
			if got := text(one, "PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary"); got != boundary {
				t.Errorf("%s: boundary %s, want %s", action, got, boundary)
			}
		}
		want := []any{M{
			"SourcePolicyId": "PolicyInputList.2", "SourcePolicyType": "IAM Policy",
			"StartPosition": M{"Line": "3", "Column": "17"}, "EndPosition": M{"Line": "4", "Column": "64"},
		}}
		if diff := cmp.Diff(any(want), at(results["s3:DeleteObject"], "MatchedStatements")); diff != "" {
			t.Error(diff)
		}
		if got := texts(results["s3:GetObject"], "MatchedStatements", "SourcePolicyId"); cmp.Diff([]string{"PolicyInputList.1", "PermissionsBoundaryPolicyInputList.1"}, got) != "" {
			t.Errorf("allowed by %v", got)
		}
		if got := at(results["s3:PutObject"], "MatchedStatements"); got != "" { // an empty element
			t.Errorf("statements of an implicit denial: %v", results["s3:PutObject"])
		}
	})
}

func TestSimulationsAnswerForEachResource(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		in := M{
			"PolicyInputList": []any{statement("Allow", "s3:Get*", "arn:aws:s3:::a/${aws:username}/*", `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`)},
			"ActionNames":     []any{"s3:GetObject"},
			"ResourceArns":    []any{"arn:aws:s3:::a/me/x", "arn:aws:s3:::b/x"},
			"ContextEntries": []any{
				M{"ContextKeyName": "AWS:username", "ContextKeyType": "string", "ContextKeyValues": []any{"me"}},
			},
		}
		one := simulate(t, w, "SimulateCustomPolicy", in)["s3:GetObject"]
		results, _ := at(one, "ResourceSpecificResults").([]any)
		if text(one, "EvalDecision") != "implicitDeny" || at(one, "MissingContextValues") != "" || len(results) != 2 ||
			cmp.Diff([]string{"aws:RequestedRegion"}, texts(results[0].(M), "MissingContextValues", "")) != "" {
			t.Errorf("without the key of its condition: %v", one)
		}
		in["ContextEntries"] = append(in["ContextEntries"].([]any), M{"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string", "ContextKeyValues": []any{"eu-west-1"}})
		one = simulate(t, w, "SimulateCustomPolicy", in)["s3:GetObject"]
		if text(one, "EvalDecision") != "implicitDeny" {
			t.Errorf("one of two resources is not allowed: %v", one)
		}
		if got := texts(one, "ResourceSpecificResults", "EvalResourceDecision"); cmp.Diff([]string{"allowed", "implicitDeny"}, got) != "" {
			t.Errorf("by resource: %v", got)
		}
		if got := texts(one, "ResourceSpecificResults", "EvalResourceName"); cmp.Diff([]string{"arn:aws:s3:::a/me/x", "arn:aws:s3:::b/x"}, got) != "" {
			t.Errorf("resources: %v", got)
		}
		in["ResourceArns"] = []any{"arn:aws:s3:::a/me/x"}
		one = simulate(t, w, "SimulateCustomPolicy", in)["s3:GetObject"]
		if text(one, "EvalDecision") != "allowed" || text(one, "EvalResourceName") != "arn:aws:s3:::a/me/x" {
			t.Errorf("one resource: %v", one)
		}
		for _, everything := range []M{{"ResourceArns": []any{"*"}}, {"ResourceArns": []any{}}} {
			one = simulate(t, w, "SimulateCustomPolicy", with(with(in, everything), M{"ContextEntries": []any{}}))["s3:GetObject"]
			if at(one, "ResourceSpecificResults") != "" || cmp.Diff([]string{"aws:username"}, texts(one, "MissingContextValues", "")) != "" {
				t.Errorf("everything: %v", one)
			}
		}
	})
}

func TestSimulationsOfOrganizationsNarrow(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		results := simulate(t, w, "SimulateCustomPolicy", M{
			"PolicyInputList": []any{statement("Allow", "*", "*", "{}")},
			"OrderedOrganizationPolicyInputList": []any{
				M{"ServiceControlPolicyInputList": []any{statement("Allow", "*", "*", "{}")}},
				M{"ServiceControlPolicyInputList": []any{statement("Allow", "s3:*", "*", "{}"), statement("Deny", "s3:Delete*", "*", "{}")}},
			},
			"ActionNames": []any{"s3:GetObject", "s3:DeleteObject", "iam:GetUser"},
		})
		for action, want := range map[string][2]string{
			"s3:GetObject": {"allowed", "true"}, "s3:DeleteObject": {"explicitDeny", "false"}, "iam:GetUser": {"implicitDeny", "false"},
		} {
			one := results[action]
			if got := [2]string{text(one, "EvalDecision"), text(one, "OrganizationsDecisionDetail.AllowedByOrganizations")}; got != want {
				t.Errorf("%s: got %v, want %v", action, got, want)
			}
		}
	})
}

func TestSimulationsComeInPages(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		in := M{"PolicyInputList": []any{statement("Allow", "*", "*", "{}")}, "ActionNames": []any{"a:A", "a:B", "a:C", "a:D", "a:E"}}
		got := pages(t, w, "SimulateCustomPolicy", in, 2, "EvaluationResults", "EvalActionName")
		if diff := cmp.Diff([]string{"a:A", "a:B", "a:C", "a:D", "a:E"}, got); diff != "" {
			t.Error(diff)
		}
		marker := text(w.Must(t, "SimulateCustomPolicy", with(in, M{"MaxItems": 2})), "Marker")
		w.Fails(t, "SimulateCustomPolicy", with(in, M{"Marker": marker, "ActionNames": []any{"a:A"}}), "ValidationError", "Invalid Marker.")
	})
}

func TestSimulatePrincipalPolicyTakesWhatThePrincipalHas(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.User, "/x/", "alice")
		entity(t, w, principal.Group, "/", "devs")
		managed := create(t, w, "/", "reads")
		boundary := text(w.Must(t, "CreatePolicy", M{"PolicyName": "bound", "PolicyDocument": statement("Allow", "s3:*", "*", "{}")}), "Policy.Arn")
		w.Must(t, "AddUserToGroup", M{"UserName": "alice", "GroupName": "devs"})
		w.Must(t, "AttachUserPolicy", M{"UserName": "alice", "PolicyArn": managed})
		w.Must(t, "AttachGroupPolicy", M{"GroupName": "devs", "PolicyArn": readOnly})
		w.Must(t, "PutUserPolicy", M{"UserName": "alice", "PolicyName": "own", "PolicyDocument": statement("Allow", "s3:PutObject", "arn:aws:s3:::b/${aws:username}/*", "{}")})
		w.Must(t, "PutGroupPolicy", M{"GroupName": "devs", "PolicyName": "ours", "PolicyDocument": statement("Allow", "sqs:*", "*", "{}")})
		w.Must(t, "PutUserPermissionsBoundary", M{"UserName": "alice", "PermissionsBoundary": boundary})

		alice := account + "user/x/alice"
		in := M{
			"PolicySourceArn": alice, "ActionNames": []any{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:DeleteObject"},
			"ResourceArns": []any{"arn:aws:s3:::b/alice/x"},
		}
		decisions := func(in M) (all [4]string) {
			results := simulate(t, w, "SimulatePrincipalPolicy", in)
			for i, action := range []string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:DeleteObject"} {
				all[i] = text(results[action], "EvalDecision")
			}
			return all
		}
		const yes, no, denied = "allowed", "implicitDeny", "explicitDeny"
		for name, c := range map[string]struct {
			more M
			want [4]string
		}{
			"as it is":              {M{}, [4]string{yes, yes, no, no}},
			"another user name":     {M{"ContextEntries": []any{M{"ContextKeyName": "aws:username", "ContextKeyType": "string", "ContextKeyValues": []any{"bob"}}}}, [4]string{yes, no, no, no}},
			"another policy":        {M{"PolicyInputList": []any{statement("Deny", "s3:Put*", "*", "{}"), statement("Allow", "s3:DeleteObject", "*", "{}")}}, [4]string{yes, denied, no, yes}},
			"another boundary":      {M{"PermissionsBoundaryPolicyInputList": []any{statement("Allow", "sqs:*", "*", "{}")}}, [4]string{no, no, yes, no}},
			"without the boundary":  {M{"PolicyExclusionList": []any{M{"PolicyType": "permission-boundary"}}}, [4]string{yes, yes, yes, no}},
			"without one of AWS":    {M{"PolicyExclusionList": []any{M{"PolicyArn": readOnly}}}, [4]string{no, yes, no, no}},
			"without those of AWS":  {M{"PolicyExclusionList": []any{M{"PolicyType": "aws-managed"}}}, [4]string{no, yes, no, no}},
			"without an inline one": {M{"PolicyExclusionList": []any{M{"InlinePolicyIdentifier": M{"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "alice"}}}}, [4]string{yes, no, no, no}},
			"without one of others": {M{"PolicyExclusionList": []any{M{"InlinePolicyIdentifier": M{"PolicyName": "own", "AttachmentType": "group", "AttachmentName": "devs"}}}}, [4]string{yes, yes, no, no}},
			"without one of a role": {M{"PolicyExclusionList": []any{M{"InlinePolicyIdentifier": M{"PolicyName": "own", "AttachmentType": "role", "AttachmentName": "alice"}}}}, [4]string{yes, yes, no, no}},
			"the boundary's policy": {M{"PolicyExclusionList": []any{M{"PolicyArn": boundary}}}, [4]string{yes, yes, no, no}},
			"without inline ones":   {M{"PolicyExclusionList": []any{M{"PolicyType": "inline"}}}, [4]string{yes, no, no, no}},
		} {
			if got := decisions(with(in, c.more)); got != c.want {
				t.Errorf("%s: got %v, want %v", name, got, c.want)
			}
		}
		results := simulate(t, w, "SimulatePrincipalPolicy", in)
		if got := texts(results["s3:PutObject"], "MatchedStatements", "SourcePolicyId"); cmp.Diff([]string{"user_alice_own", "bound"}, got) != "" {
			t.Errorf("put: %v", got)
		}
		if got := texts(results["s3:GetObject"], "MatchedStatements", "SourcePolicyId"); cmp.Diff([]string{"AmazonS3ReadOnlyAccess", "bound"}, got) != "" {
			t.Errorf("get: %v", got)
		}
	})
}

func TestSimulatePrincipalPolicyOfRolesAndGroups(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.Role, "/", "app")
		entity(t, w, principal.Group, "/", "devs")
		for _, c := range []struct{ kind, arn string }{{"Role", account + "role/app"}, {"Group", account + "group/devs"}} {
			name := map[string]string{"Role": "app", "Group": "devs"}[c.kind]
			w.Must(t, "Attach"+c.kind+"Policy", M{c.kind + "Name": name, "PolicyArn": readOnly})
			one := simulate(t, w, "SimulatePrincipalPolicy", M{"PolicySourceArn": c.arn, "ActionNames": []any{"s3:GetObject"}})["s3:GetObject"]
			if text(one, "EvalDecision") != "allowed" {
				t.Errorf("%s: %v", c.arn, one)
			}
		}
	})
}

func TestSimulationsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.Role, "/", "app")
		good := M{"PolicyInputList": []any{statement("Allow", "*", "*", "{}")}, "ActionNames": []any{"s3:GetObject"}}
		entry := func(kind string, values ...any) M {
			return with(good, M{"ContextEntries": []any{M{"ContextKeyName": "ab:cd", "ContextKeyType": kind, "ContextKeyValues": values}}})
		}
		for _, c := range []struct {
			name, operation string
			in              M
			code, message   string
		}{
			{"policy", "SimulateCustomPolicy", with(good, M{"PolicyInputList": []any{`{"Statement":[]}`}}), "InvalidInput",
				"Policy PolicyInputList.1: Syntax errors in policy: Statement is empty. (line 1, column 14)"},
			{"two boundaries", "SimulateCustomPolicy", with(good, M{"PermissionsBoundaryPolicyInputList": []any{other, other}}), "InvalidInput",
				"Only one permissions boundary can be simulated at a time."},
			{"resource policy", "SimulateCustomPolicy", with(good, M{"ResourcePolicy": other}), "InvalidInput", "Policies of resources cannot be simulated."},
			{"resource", "SimulateCustomPolicy", with(good, M{"ResourceArns": []any{"bucket"}}), "InvalidInput", "Invalid Resource ARN: bucket"},
			{"action", "SimulateCustomPolicy", with(good, M{"ActionNames": []any{"GetObject"}}), "InvalidInput", "Invalid Action name: GetObject"},
			{"number", "SimulateCustomPolicy", entry("numeric", "x"), "InvalidInput", `Invalid context entry ab:cd: "x" is not of the type numeric.`},
			{"boolean", "SimulateCustomPolicy", entry("booleanList", "true", "1"), "InvalidInput", `Invalid context entry ab:cd: "1" is not of the type boolean.`},
			{"address", "SimulateCustomPolicy", entry("ip", "host"), "InvalidInput", `Invalid context entry ab:cd: "host" is not of the type ip.`},
			{"date", "SimulateCustomPolicy", entry("date", "today"), "InvalidInput", `Invalid context entry ab:cd: "today" is not of the type date.`},
			{"bytes", "SimulateCustomPolicy", entry("binary", "?"), "InvalidInput", `Invalid context entry ab:cd: "?" is not of the type binary.`},
			{"two values", "SimulateCustomPolicy", entry("string", "1", "2"), "InvalidInput", "Invalid context entry ab:cd: the type string takes one value."},
			{"session", "SimulatePrincipalPolicy", M{"PolicySourceArn": "arn:aws:sts::" + servertest.Account + ":assumed-role/app/s", "ActionNames": []any{"s3:GetObject"}}, "InvalidInput",
				"Invalid Entity Arn: arn:aws:sts::" + servertest.Account + ":assumed-role/app/s does not clearly define entity type and name."},
			{"nobody", "SimulatePrincipalPolicy", M{"PolicySourceArn": account + "role/nobody", "ActionNames": []any{"s3:GetObject"}}, "NoSuchEntity",
				"The role with name nobody cannot be found."},
			{"another path", "SimulatePrincipalPolicy", M{"PolicySourceArn": account + "role/x/app", "ActionNames": []any{"s3:GetObject"}}, "NoSuchEntity",
				"The role with name app cannot be found."},
			{"another account", "GetContextKeysForPrincipalPolicy", M{"PolicySourceArn": "arn:aws:iam::999999999999:role/app"}, "NoSuchEntity",
				"The role with name app cannot be found."},
		} {
			t.Log(c.name)
			w.Fails(t, c.operation, c.in, c.code, c.message)
		}
		w.Must(t, "SimulateCustomPolicy", entry("ipList", "10.0.0.1", "2001:db8::/32"))
	})
}

func TestContextKeysAreThoseOfAllPolicies(t *testing.T) {
	each(t, func(t *testing.T, w *servertest.World) {
		entity(t, w, principal.Role, "/", "app")
		w.Must(t, "PutRolePolicy", M{"RoleName": "app", "PolicyName": "p", "PolicyDocument": statement("Allow", "s3:*", "arn:aws:s3:::b/${aws:userid}/*", `{"Null":{"s3:prefix":"true"}}`)})
		input := []any{statement("Allow", "*", "*", `{"StringEquals":{"AWS:UserId":"x","aws:SourceIp":"y"}}`), other}

		got := texts(w.Must(t, "GetContextKeysForCustomPolicy", M{"PolicyInputList": input}), "ContextKeyNames", "")
		if diff := cmp.Diff([]string{"aws:SourceIp", "AWS:UserId"}, got); diff != "" {
			t.Error(diff)
		}
		in := M{"PolicySourceArn": account + "role/app"}
		got = texts(w.Must(t, "GetContextKeysForPrincipalPolicy", in), "ContextKeyNames", "")
		if diff := cmp.Diff([]string{"aws:userid", "s3:prefix"}, got); diff != "" {
			t.Error(diff)
		}
		got = texts(w.Must(t, "GetContextKeysForPrincipalPolicy", with(in, M{"PolicyInputList": input})), "ContextKeyNames", "")
		if diff := cmp.Diff([]string{"aws:userid", "s3:prefix", "aws:SourceIp"}, got); diff != "" {
			t.Error(diff)
		}
		if got := texts(w.Must(t, "GetContextKeysForCustomPolicy", M{"PolicyInputList": []any{other}}), "ContextKeyNames", ""); len(got) != 0 {
			t.Errorf("keys of a policy without: %v", got)
		}
	})
}
