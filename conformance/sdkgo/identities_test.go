package sdkgo

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

func identityPools(t *testing.T) *cognitoidentity.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "conformance", "")),
		config.WithBaseEndpoint(endpoint(t)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return cognitoidentity.NewFromConfig(cfg, func(o *cognitoidentity.Options) { o.RetryMaxAttempts = 1 })
}

func TestIdentityPoolsAndGuests(t *testing.T) {
	api := identityPools(t)
	made, err := api.CreateIdentityPool(t.Context(), &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("conformance"), AllowUnauthenticatedIdentities: true, DeveloperProviderName: aws.String("login.example"),
	})
	if err != nil {
		t.Fatal(err)
	}
	pool := made.IdentityPoolId
	if made.AllowClassicFlow != nil || made.CognitoIdentityProviders != nil || len(made.IdentityPoolTags) != 0 {
		t.Errorf("what was not given is shown: %+v", made)
	}

	guest, err := api.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: pool})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := api.DescribeIdentity(t.Context(), &cognitoidentity.DescribeIdentityInput{IdentityId: guest.IdentityId})
	if err != nil || *shown.IdentityId != *guest.IdentityId || shown.Logins != nil {
		t.Errorf("got %+v, %v", shown, err)
	}
	deleted, err := api.DeleteIdentities(t.Context(), &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{*guest.IdentityId}})
	if err != nil || len(deleted.UnprocessedIdentityIds) != 0 {
		t.Errorf("got %+v, %v", deleted, err)
	}
	_, err = api.DescribeIdentity(t.Context(), &cognitoidentity.DescribeIdentityInput{IdentityId: guest.IdentityId})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a deleted guest: got %v", err)
	}

	_, err = api.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{"accounts.google.com": "x"}})
	if _, ok := errors.AsType[*types.NotAuthorizedException](err); !ok {
		t.Errorf("a login of no provider: got %v", err)
	}
	if _, err := api.DeleteIdentityPool(t.Context(), &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: pool}); err != nil {
		t.Error(err)
	}
	_, err = api.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: pool})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("a deleted pool: got %v", err)
	}
}
