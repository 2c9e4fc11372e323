package userpool_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestUpdateResetsWhatItOmits(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, everything())
		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "AutoVerifiedAttributes": []string{"email"}})

		// The name, the tier, AttributesRequireVerificationBeforeUpdate, immutable settings and Cardea's own tags stay.
		want := servertest.With(object(t, defaults), M{
			"UserPoolTier":          "LITE",
			"AliasAttributes":       []any{"email", "preferred_username"},
			"UsernameConfiguration": M{"CaseSensitive": false},
			"UserPoolTags":          M{"cardea:password-storage": "argon2id"},

			"AutoVerifiedAttributes":      []any{"email"},
			"UserAttributeUpdateSettings": M{"AttributesRequireVerificationBeforeUpdate": []any{"email"}},
		})
		if diff := cmp.Diff(want, settings(t, w, pool)); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

func TestWhatIsVerifiedBeforeAnUpdateIsKeptUntilItIsCleared(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		settings := M{"AttributesRequireVerificationBeforeUpdate": []any{"email"}}
		pool := w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}, "UserAttributeUpdateSettings": settings})
		in := M{"UserPoolId": pool, "AutoVerifiedAttributes": []string{"email"}}
		cleared := M{"AttributesRequireVerificationBeforeUpdate": []any{}}
		for _, c := range []struct{ given, want M }{{in, settings}, {servertest.With(in, M{"UserAttributeUpdateSettings": cleared}), cleared}, {in, cleared}} {
			w.Must(t, "UpdateUserPool", c.given)
			got := servertest.At(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.UserAttributeUpdateSettings")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		}

		w.Must(t, "UpdateUserPool", servertest.With(in, M{"UserAttributeUpdateSettings": settings}))
		w.Fails(t, "UpdateUserPool", M{"UserPoolId": pool}, "InvalidParameterException",
			"All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes")
	})
}

func TestUpdateStoresEveryMemberItCanChange(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		before := w.Now()
		w.Advance(time.Minute)
		given := servertest.With(everything(), M{"AliasAttributes": nil, "UsernameConfiguration": nil, "PoolName": "renamed", "UserPoolId": pool})
		w.Must(t, "UpdateUserPool", given)

		want := servertest.With(given, M{"UserPoolId": nil, "PoolName": nil, "Name": "renamed", "EstimatedNumberOfUsers": 0.0})
		if diff := cmp.Diff(want, settings(t, w, pool)); diff != "" {
			t.Errorf("given (-), shown (+):\n%s", diff)
		}
		out := w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})
		created, modified := servertest.At(out, "UserPool.CreationDate"), servertest.At(out, "UserPool.LastModifiedDate")
		if want := float64(before.UnixMilli()) / 1000; created != want || modified != want+60 {
			t.Errorf("created %v, modified %v; want %v and a minute later", created, modified, want)
		}
	})
}

func TestUpdateRefusesWhatCognitoRefuses(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"UserPoolTags": M{"team": "red"}})
		before := settings(t, w, pool)
		for _, c := range []struct {
			given M
			want  string
		}{
			{M{"MfaConfiguration": "ON", "SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}, "Cannot turn MFA functionality ON, once the user pool has been created."},
			{M{"MfaConfiguration": "OPTIONAL"}, "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"},
			{M{"AutoVerifiedAttributes": []string{"phone_number"}}, "SMS configuration is required when phone_number is selected for auto verification"},
			{M{"UserPoolTags": M{"cardea:password-storage": "plain"}}, ""},
		} {
			w.Fails(t, "UpdateUserPool", servertest.With(c.given, M{"UserPoolId": pool}), "InvalidParameterException", c.want)
		}
		if diff := cmp.Diff(before, settings(t, w, pool)); diff != "" {
			t.Errorf("refused updates changed the pool: before (-), after (+):\n%s", diff)
		}
		w.Fails(t, "UpdateUserPool", M{"UserPoolId": "us-east-1_nowhere00"}, "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
	})
}

// Apps that register themselves can be given neither the implicit grant nor the scope that registers others.
func TestRegistrationIsForOtherAppsOnly(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		for name, c := range map[string]M{
			"implicit, openly":       {"OpenDcrGrantTypes": []string{"code", "implicit"}},
			"implicit, with a token": {"AuthenticatedGrantTypes": []string{"implicit"}},
			"registering others":     {"AllowedScopes": []string{"aws.cognito/dcr/register"}},
		} {
			t.Log(name)
			w.Fails(t, "UpdateUserPool", M{"UserPoolId": p, "DcrConfiguration": c}, "InvalidParameterException", "")
			w.Fails(t, "CreateUserPool", M{"PoolName": "test", "DcrConfiguration": c}, "InvalidParameterException", "")
		}
	})
}

func TestNamesOfLevelsMeanOneLevel(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		set := func(pairs ...string) M {
			levels := M{}
			for i := 0; i < len(pairs); i += 2 {
				levels[pairs[i]] = M{"AcrValue": pairs[i+1]}
			}
			return M{"UserPoolId": p, "AcrConfiguration": levels}
		}
		for _, wrong := range []M{
			set("Level1", "a", "Level2", "a"), set("Level1", "urn:cognito:loa:2"), set("Level1", "urn:cognito:loa:9"),
			set("Level1", "urn:cognito:loa:2", "Level2", "urn:cognito:loa:1"), set("Level3", ""), set("Level3", "a b"), set("Level3", strings.Repeat("x", 65)),
		} {
			w.Fails(t, "UpdateUserPool", wrong, "InvalidParameterException", "")
		}
		w.Must(t, "UpdateUserPool", set("Level1", "urn:cognito:loa:1", "Level2", "https://example.com/two", "Level4", strings.Repeat("x", 64)))
	})
}

func TestNoChangeIsLostBesideOthers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		arn := servertest.Text(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.Arn")

		const writers = 20
		errs := make([]error, writers)
		var wait sync.WaitGroup
		for i := range writers {
			wait.Go(func() {
				_, errs[i] = w.Call("TagResource", M{"ResourceArn": arn, "Tags": M{fmt.Sprintf("tag%d", i): "x"}})
			})
		}
		wait.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		tags, _ := w.Must(t, "ListTagsForResource", M{"ResourceArn": arn})["Tags"].(M)
		if len(tags) != writers {
			t.Errorf("%d tags, want %d: %v", len(tags), writers, tags)
		}
	})
}

func TestCustomAttributesAreStoredOnceWithTheirPrefix(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"Schema": []M{
			{"Name": "team", "AttributeDataType": "String"},
			{"Name": "custom:size", "AttributeDataType": "Number", "Mutable": false, "NumberAttributeConstraints": M{"MinValue": "-3", "MaxValue": "9"}},
			{"Name": "email", "Required": true, "Mutable": false},
			{"Name": "nickname", "AttributeDataType": "String", "StringAttributeConstraints": M{"MinLength": "2", "MaxLength": "9"}},
			{"Name": "sub", "Mutable": true, "Required": false},
		}})
		w.Must(t, "AddCustomAttributes", M{"UserPoolId": pool, "CustomAttributes": []M{
			{"Name": "score", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true},
			{"Name": "dev:custom:mark", "AttributeDataType": "Boolean"},
			{"Name": "email", "AttributeDataType": "String", "StringAttributeConstraints": M{"MaxLength": "20"}},
			{"Name": "born", "AttributeDataType": "DateTime", "StringAttributeConstraints": M{}},
		}})

		schema, _ := servertest.At(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.SchemaAttributes").([]any)
		if len(schema) != 26 {
			t.Fatalf("%d attributes, want 26", len(schema))
		}
		want := object(t, `{
			"sub": {"Name": "sub", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": false, "Required": true, "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"}},
			"nickname": {"Name": "nickname", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "9"}},
			"email": {"Name": "email", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": false, "Required": true, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}},
			"custom:team": {"Name": "custom:team", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "StringAttributeConstraints": {}},
			"custom:size": {"Name": "custom:size", "AttributeDataType": "Number", "DeveloperOnlyAttribute": false, "Mutable": false, "Required": false, "NumberAttributeConstraints": {"MinValue": "-3", "MaxValue": "9"}},
			"dev:custom:score": {"Name": "dev:custom:score", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true, "Mutable": true, "Required": false, "NumberAttributeConstraints": {}},
			"dev:custom:mark": {"Name": "dev:custom:mark", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": true, "Mutable": true, "Required": false},
			"custom:email": {"Name": "custom:email", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "StringAttributeConstraints": {"MaxLength": "20"}},
			"custom:born": {"Name": "custom:born", "AttributeDataType": "DateTime", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false}
		}`)
		for i, attribute := range schema {
			name := servertest.Text(attribute.(M), "Name")
			if i >= 20 && want[name] == nil {
				t.Errorf("unexpected attribute %s", name)
			}
			if want[name] != nil {
				if diff := cmp.Diff(want[name], attribute); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
				delete(want, name)
			}
		}
		if len(want) > 0 {
			t.Errorf("missing: %v", want)
		}
	})
}

func TestAddCustomAttributesRefusesExistingNamesAndTooMany(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"Schema": []M{{"Name": "team", "AttributeDataType": "String"}}})
		add := func(names ...string) M {
			var list []M
			for _, name := range names {
				list = append(list, M{"Name": name, "AttributeDataType": "String"})
			}
			return M{"UserPoolId": pool, "CustomAttributes": list}
		}
		for _, name := range []string{"team", "custom:team"} {
			w.Fails(t, "AddCustomAttributes", add(name), "InvalidParameterException", "custom:team: Existing attribute already has name custom:team.")
		}
		w.Must(t, "AddCustomAttributes", add("dev:custom:banana"))
		w.Fails(t, "AddCustomAttributes", add("banana"), "InvalidParameterException", "custom:banana: Existing attribute already has name dev:custom:banana.")
		w.Fails(t, "AddCustomAttributes", add("new", "new"), "InvalidParameterException", "custom:new: Existing attribute already has name custom:new.")

		var names []string
		for i := range 25 {
			names = append(names, fmt.Sprint("a", i))
		}
		w.Must(t, "AddCustomAttributes", add(names...))
		for i := range names {
			names[i] = fmt.Sprint("b", i)
		}
		w.Fails(t, "AddCustomAttributes", add(names...), "InvalidParameterException", "")
		w.Must(t, "AddCustomAttributes", add(names[2:]...)) // the fiftieth
		w.Fails(t, "AddCustomAttributes", add("last"), "InvalidParameterException", "")
	})
}
