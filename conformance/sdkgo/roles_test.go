package sdkgo

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// production is the server that verifies signatures and asks policies, and the root user's key.
func production(t *testing.T) (endpoint string, root aws.Credentials) {
	t.Helper()
	endpoint = os.Getenv("CONFORMANCE_SIGNED_ENDPOINT")
	root = aws.Credentials{AccessKeyID: os.Getenv("CONFORMANCE_SIGNED_KEY"), SecretAccessKey: os.Getenv("CONFORMANCE_SIGNED_SECRET")}
	if endpoint == "" {
		t.Fatal("CONFORMANCE_SIGNED_ENDPOINT is not set: run conformance/run")
	}
	return endpoint, root
}

// rootsIAM is a client of IAM, as root.
func rootsIAM(t *testing.T) *iam.Client {
	t.Helper()
	endpoint, root := production(t)
	return iam.New(iam.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.StaticCredentialsProvider{Value: root}})
}

// role makes a role that a principal may assume, and answers its name and ARN.
func role(t *testing.T, principal, action string) (name, arn string) {
	t.Helper()
	name = "t" + rand.Text()
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `"}]}`
	made, err := rootsIAM(t).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
	if err != nil {
		t.Fatal(err)
	}
	return name, *made.Role.Arn
}

// whoami is the ARN of who has credentials.
func whoami(t *testing.T, provider aws.CredentialsProvider) string {
	t.Helper()
	endpoint, _ := production(t)
	client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: provider, RetryMaxAttempts: 1})
	got, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *got.Arn
}

func TestAssumeRoleProvider(t *testing.T) {
	endpoint, root := production(t)
	name, arn := role(t, `{"AWS":"123456789012"}`, "sts:AssumeRole")
	provider := stscreds.NewAssumeRoleProvider(stsOf(t, endpoint, root.AccessKeyID, root.SecretAccessKey), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.Duration = "sdk", 15*time.Minute
	})
	got, err := provider.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(got.Expires); left < 14*time.Minute || left > 16*time.Minute || got.SessionToken == "" {
		t.Errorf("got credentials until %v", got.Expires)
	}
	if who := whoami(t, aws.NewCredentialsCache(provider)); who != "arn:aws:sts::123456789012:assumed-role/"+name+"/sdk" {
		t.Errorf("the credentials are of %s", who)
	}
	other := stscreds.NewAssumeRoleProvider(stsOf(t, endpoint, root.AccessKeyID, root.SecretAccessKey), arn+"x")
	if _, err := other.Retrieve(t.Context()); !refused(err, "AccessDenied") {
		t.Errorf("another role: got %v", err)
	}
}

// refused reports whether err is a service's refusal with a code.
func refused(err error, code string) bool {
	fault, ok := errors.AsType[smithy.APIError](err)
	return ok && fault.ErrorCode() == code
}

func TestWebIdentityRoleProvider(t *testing.T) {
	endpoint, root := production(t)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"), config.WithBaseEndpoint(endpoint),
		config.WithCredentialsProvider(credentials.StaticCredentialsProvider{Value: root}))
	if err != nil {
		t.Fatal(err)
	}
	pool, client, token := webUser(t, cognitoidentityprovider.NewFromConfig(cfg))
	host := "cognito-idp.us-east-1.amazonaws.com/" + pool
	if _, err := rootsIAM(t).CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://" + host), ClientIDList: []string{client},
	}); err != nil {
		t.Fatal(err)
	}
	name, arn := role(t, `{"Federated":"arn:aws:iam::123456789012:oidc-provider/`+host+`"}`, "sts:AssumeRoleWithWebIdentity")

	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	unsigned := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &endpoint, RetryMaxAttempts: 1})
	provider := stscreds.NewWebIdentityRoleProvider(unsigned, arn, stscreds.IdentityTokenFile(file), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = "pod"
	})
	if who := whoami(t, provider); who != "arn:aws:sts::123456789012:assumed-role/"+name+"/pod" {
		t.Errorf("the credentials are of %s", who)
	}
	if err := os.WriteFile(file, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Retrieve(t.Context()); !refused(err, "InvalidIdentityToken") {
		t.Errorf("no token: got %v", err)
	}
}

// webUser is a pool, an app client, and the ID token of a user.
func webUser(t *testing.T, idp *cognitoidentityprovider.Client) (pool, client, token string) {
	t.Helper()
	made, err := idp.CreateUserPool(t.Context(), &cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("web")})
	if err != nil {
		t.Fatal(err)
	}
	pool = *made.UserPool.Id
	app, err := idp.CreateUserPoolClient(t.Context(), &cognitoidentityprovider.CreateUserPoolClientInput{
		UserPoolId: &pool, ClientName: aws.String("web"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	client = *app.UserPoolClient.ClientId
	if _, err := idp.AdminCreateUser(t.Context(), &cognitoidentityprovider.AdminCreateUserInput{
		UserPoolId: &pool, Username: aws.String("alice"), MessageAction: types.MessageActionTypeSuppress,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := idp.AdminSetUserPassword(t.Context(), &cognitoidentityprovider.AdminSetUserPasswordInput{
		UserPoolId: &pool, Username: aws.String("alice"), Password: aws.String("Correct-Horse-9"), Permanent: true,
	}); err != nil {
		t.Fatal(err)
	}
	signedIn, err := idp.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		ClientId: &client, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": "Correct-Horse-9"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pool, client, *signedIn.AuthenticationResult.IdToken
}
