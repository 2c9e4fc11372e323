package server_test

import (
	"testing"

	"cardea/server/servertest"
)

// Members that an operation does not have are ignored, so that they must not meet the conditions of policies either.
func TestTagsThatARequestDoesNotGiveMeetNoCondition(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller := someone(t, w, "caller")
		tags, pool := M{"team": "a"}, M{"PoolName": "p"}
		identities := M{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": false}
		for _, condition := range []string{
			`"StringEquals":{"aws:RequestTag/team":"a"}`, `"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}`,
		} {
			grant(t, w, "caller", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+condition+`}}`)
			for _, forged := range []M{
				{"Tags": tags}, {"IdentityPoolTags": tags}, {"TagKeys": []string{"team"}}, {"Tags": []M{{"Key": "team", "Value": "a"}}},
			} {
				caller.Fails(t, "CreateUserPool", servertest.With(pool, forged), "AccessDeniedException", "")
			}
			forged := M{"UserPoolTags": tags, "Tags": tags, "TagKeys": []string{"team"}}
			caller.On("cognito-identity").Fails(t, "CreateIdentityPool", servertest.With(identities, forged), "AccessDeniedException", "")
			caller.Must(t, "CreateUserPool", servertest.With(pool, M{"UserPoolTags": tags}))
			caller.On("cognito-identity").Must(t, "CreateIdentityPool", servertest.With(identities, M{"IdentityPoolTags": tags}))
		}
	})
}

// Each Region has its own pools: what policies say of those of one must not be evaded by a signature for another.
func TestPoolsAreNotReachedFromOtherRegions(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		caller, root := someone(t, w, "caller"), w.Root(t)
		users := root.Pool(t, nil)
		identities := servertest.Text(root.On("cognito-identity").Must(t, "CreateIdentityPool",
			M{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true}), "IdentityPoolId")
		grant(t, w, "caller", allow("*", "*")+`,{"Effect":"Deny","Action":"*","Resource":["arn:aws:cognito-idp:us-east-1:*","arn:aws:cognito-identity:us-east-1:*"]}`)
		caller.Fails(t, "DescribeUserPool", M{"UserPoolId": users}, "AccessDeniedException", "")
		caller.In("eu-west-1").Fails(t, "DescribeUserPool", M{"UserPoolId": users}, "ResourceNotFoundException", "")

		for operation, more := range map[string]M{
			"DescribeIdentityPool": nil, "GetIdentityPoolRoles": nil, "DeleteIdentityPool": nil, "ListIdentities": {"MaxResults": 1},
			"SetIdentityPoolRoles":               {"Roles": M{}},
			"UpdateIdentityPool":                 {"IdentityPoolName": "q", "AllowUnauthenticatedIdentities": true},
			"GetOpenIdTokenForDeveloperIdentity": {"Logins": M{"dev": "ann"}},
		} {
			in := servertest.With(M{"IdentityPoolId": identities}, more)
			caller.On("cognito-identity").Fails(t, operation, in, "AccessDeniedException", "")
			caller.In("eu-west-1").On("cognito-identity").Fails(t, operation, in, "ResourceNotFoundException", "")
		}
		w.On("cognito-identity").Must(t, "GetId", M{"IdentityPoolId": identities}) // which is not signed
	})
}
