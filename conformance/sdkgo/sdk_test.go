package sdkgo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

const password = "Correct-Horse-9"

func endpoint(t *testing.T) string {
	t.Helper()
	url := os.Getenv("CONFORMANCE_ENDPOINT")
	if url == "" {
		t.Fatal("CONFORMANCE_ENDPOINT is not set: run conformance/run")
	}
	return url
}

func client(t *testing.T) *idp.Client {
	t.Helper()
	return clientOf(t, endpoint(t), "AKIAIOSFODNN7EXAMPLE", "conformance")
}

func clientOf(t *testing.T, endpoint, key, secret string) *idp.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, secret, "")),
	)
	if err != nil {
		t.Fatal(err)
	}
	return idp.NewFromConfig(cfg, func(o *idp.Options) {
		o.BaseEndpoint = &endpoint
		o.RetryMaxAttempts = 1
	})
}

type app struct {
	api          *idp.Client
	pool, client string
}

func newApp(t *testing.T) app {
	t.Helper()
	a := app{api: client(t)}
	pool, err := a.api.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{
		PoolName:               aws.String("conformance"),
		AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.pool = *pool.UserPool.Id
	made, err := a.api.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: &a.pool,
		ClientName: aws.String("app"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{
			types.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.client = *made.UserPoolClient.ClientId
	return a
}

func (a app) signIn(ctx context.Context, name, password string) (*idp.InitiateAuthOutput, error) {
	return a.api.InitiateAuth(ctx, &idp.InitiateAuthInput{
		ClientId:       &a.client,
		AuthFlow:       types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	})
}

func codeFor(t *testing.T, to string) string {
	t.Helper()
	answer, err := http.Get(endpoint(t) + "/_cardea/inbox.json?to=" + url.QueryEscape(to))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var inbox struct {
		Messages []struct{ Code string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&inbox); err != nil {
		t.Fatal(err)
	}
	if len(inbox.Messages) == 0 {
		t.Fatalf("no message for %s", to)
	}
	return inbox.Messages[len(inbox.Messages)-1].Code
}

func TestSignUpToTokens(t *testing.T) {
	a := newApp(t)
	begun, err := a.api.SignUp(t.Context(), &idp.SignUpInput{
		ClientId:       &a.client,
		Username:       aws.String("ana"),
		Password:       aws.String(password),
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("ana@example.com")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if begun.UserConfirmed || begun.CodeDeliveryDetails == nil {
		t.Fatalf("got %+v, want an unconfirmed user and a sent code", begun)
	}

	_, err = a.signIn(t.Context(), "ana", password)
	if _, ok := errors.AsType[*types.UserNotConfirmedException](err); !ok {
		t.Fatalf("got %v, want UserNotConfirmedException", err)
	}

	_, err = a.api.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{
		ClientId:         &a.client,
		Username:         aws.String("ana"),
		ConfirmationCode: aws.String(codeFor(t, "ana@example.com")),
	})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := a.signIn(t.Context(), "ana", password)
	if err != nil {
		t.Fatal(err)
	}
	user, err := a.api.GetUser(t.Context(), &idp.GetUserInput{AccessToken: tokens.AuthenticationResult.AccessToken})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(user.Username); got != "ana" {
		t.Errorf("got username %q, want ana", got)
	}
}

func TestErrorsAreTyped(t *testing.T) {
	a := newApp(t)
	_, err := a.api.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: &a.pool, Username: aws.String("unknown")})
	missing, ok := errors.AsType[*types.UserNotFoundException](err)
	if !ok || missing.ErrorMessage() != "User does not exist." {
		t.Errorf("got %v, want UserNotFoundException", err)
	}
	_, err = a.api.CreateGroup(t.Context(), &idp.CreateGroupInput{UserPoolId: &a.pool, GroupName: aws.String("g")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.CreateGroup(t.Context(), &idp.CreateGroupInput{UserPoolId: &a.pool, GroupName: aws.String("g")})
	if _, ok := errors.AsType[*types.GroupExistsException](err); !ok {
		t.Errorf("got %v, want GroupExistsException", err)
	}
}

func TestTimestampsAndDefaultsAreRead(t *testing.T) {
	a := newApp(t)
	out, err := a.api.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: &a.pool})
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(*out.UserPool.CreationDate); age < -time.Minute || age > time.Minute {
		t.Errorf("creation date %v is not now", out.UserPool.CreationDate)
	}
	if got := len(out.UserPool.SchemaAttributes); got != 20 {
		t.Errorf("got %d schema attributes, want 20", got)
	}
}

func TestPaginatorWalksEveryUser(t *testing.T) {
	a := newApp(t)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		_, err := a.api.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
			UserPoolId: &a.pool, Username: &name, MessageAction: types.MessageActionTypeSuppress,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	pages := idp.NewListUsersPaginator(a.api, &idp.ListUsersInput{UserPoolId: &a.pool, Limit: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			seen[*u.Username] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("got %d users, want 5", len(seen))
	}
}

func TestProductionVerifiesSignatures(t *testing.T) {
	endpoint, key := os.Getenv("CONFORMANCE_SIGNED_ENDPOINT"), os.Getenv("CONFORMANCE_SIGNED_KEY")
	list := &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)}
	if _, err := clientOf(t, endpoint, key, os.Getenv("CONFORMANCE_SIGNED_SECRET")).ListUserPools(t.Context(), list); err != nil {
		t.Errorf("with the right secret: %v", err)
	}
	_, err := clientOf(t, endpoint, key, "wrong").ListUserPools(t.Context(), list)
	if refusal, ok := errors.AsType[smithy.APIError](err); !ok || refusal.ErrorCode() != "InvalidSignatureException" {
		t.Errorf("with a wrong secret: got %v, want InvalidSignatureException", err)
	}
}
