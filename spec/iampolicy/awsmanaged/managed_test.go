package awsmanaged_test

import (
	"strings"
	"testing"

	"cardea/spec/iampolicy"
	"cardea/spec/iampolicy/awsmanaged"
)

func TestPoliciesAreFoundByTheirARN(t *testing.T) {
	t.Parallel()
	for _, p := range awsmanaged.List() {
		if got, ok := awsmanaged.Get(p.ARN("aws")); !ok || got != p {
			t.Errorf("%s: not found", p.ARN("aws"))
		}
	}
	for arn, want := range map[string]bool{
		"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess":              true,
		"arn:aws-cn:iam::aws:policy/AmazonS3ReadOnlyAccess":           true,
		"arn:aws:iam::123456789012:policy/AmazonS3ReadOnlyAccess":     false,
		"arn:aws:iam::aws:policy/amazons3readonlyaccess":              false,
		"arn:aws:x:iam::aws:policy/AmazonS3ReadOnlyAccess":            false,
		"arn:aws:iam::aws:policy/service-role/AmazonS3ReadOnlyAccess": false,
		"AmazonS3ReadOnlyAccess":                                      false,
		"urn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess":              false,
		"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess/":             false,
	} {
		if _, ok := awsmanaged.Get(arn); ok != want {
			t.Errorf("%s: got %t, want %t", arn, ok, want)
		}
	}
}

func TestPoliciesAreWhole(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, p := range awsmanaged.List() {
		if ids[p.ID] || len(p.ID) != 21 || p.Description == "" || p.Version == "" || p.Changed.IsZero() || p.Path == "" {
			t.Errorf("%+v", p)
		}
		ids[p.ID] = true
		if _, err := iampolicy.Parse(p.Compiled.Document(), iampolicy.Managed); err != nil {
			t.Errorf("%s: %v", p.Name, err) // as somebody might write it
		}
	}
	if len(ids) < 40 {
		t.Errorf("there are %d", len(ids))
	}
}

func TestPoliciesAllowWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy, allowed, denied string
	}{
		{"AmazonS3ReadOnlyAccess", "s3:GetObject s3:ListBucket", "s3:PutObject s3:DeleteObject dynamodb:Query"},
		{"AmazonS3FullAccess", "s3:PutObject s3:DeleteBucket", "iam:GetUser"},
		{"AdministratorAccess", "iam:CreateUser s3:GetObject", ""},
		{"PowerUserAccess", "s3:PutObject cognito-idp:CreateUserPool iam:ListRoles", "iam:CreateUser iam:PassRole organizations:LeaveOrganization"},
		{"ReadOnlyAccess", "s3:GetObject cognito-idp:ListUsers iam:GetRole dynamodb:Query sts:GetCallerIdentity", "s3:PutObject cognito-idp:CreateUserPool iam:CreateRole secretsmanager:GetSecretValue lambda:InvokeFunction sts:AssumeRole"},
		{"AmazonCognitoPowerUser", "cognito-idp:AdminCreateUser cognito-identity:SetIdentityPoolRoles iam:ListRoles", "iam:PassRole iam:CreateServiceLinkedRole s3:GetObject"},
		{"AmazonCognitoReadOnly", "cognito-idp:AdminGetUser cognito-identity:GetIdentityPoolRoles", "cognito-idp:AdminCreateUser cognito-identity:DeleteIdentities"},
		{"AmazonCognitoDeveloperAuthenticatedIdentities", "cognito-identity:GetOpenIdTokenForDeveloperIdentity", "cognito-identity:CreateIdentityPool"},
		{"AmazonESCognitoAccess", "cognito-idp:DescribeUserPool", "iam:PassRole cognito-idp:DeleteUserPool"},
		{"AmazonDynamoDBReadOnlyAccess", "dynamodb:GetItem", "dynamodb:PutItem"},
		{"AmazonDynamoDBFullAccess", "dynamodb:PutItem dynamodb:DeleteTable", "s3:GetObject iam:PassRole"},
		{"IAMReadOnlyAccess", "iam:GetRole iam:SimulatePrincipalPolicy", "iam:CreateRole"},
		{"IAMFullAccess", "iam:CreateRole", "s3:GetObject"},
		{"service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", "logs:GetLogEvents"},
		{"CloudWatchLogsFullAccess", "logs:DeleteLogGroup", "cloudwatch:PutMetricData"},
	} {
		p, ok := awsmanaged.Get("arn:aws:iam::aws:policy/" + c.policy)
		if !ok {
			t.Errorf("there is no %s", c.policy)
			continue
		}
		set := &iampolicy.Set{Identity: []*iampolicy.Policy{p.Compiled}}
		for want, list := range map[bool]string{true: c.allowed, false: c.denied} {
			for action := range strings.FieldsSeq(list) {
				if d := set.Decide(&iampolicy.Request{Action: action, Resource: "arn:aws:x:::y"}); d.Allowed != want {
					t.Errorf("%s: %s: got %+v", c.policy, action, d)
				}
			}
		}
	}
}

func TestGuestsMayUseTheServicesOfTheList(t *testing.T) {
	t.Parallel()
	everything, _ := awsmanaged.Get("arn:aws:iam::aws:policy/AdministratorAccess")
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{everything.Compiled}, Session: [][]*iampolicy.Policy{awsmanaged.Guests()}}
	for action, want := range map[string]bool{
		"s3:GetObject": true, "dynamodb:Query": true, "kms:Decrypt": true, "rum:PutRumEvents": true, "execute-api:Invoke": true,
		"iam:ListRoles": false, "sts:AssumeRole": false, "ec2:RunInstances": false, "kms:CreateKey": false, "rum:GetAppMonitor": false,
	} {
		if d := set.Decide(&iampolicy.Request{Action: action, Resource: "arn:aws:x:::y"}); d.Allowed != want {
			t.Errorf("%s: got %+v, want %t", action, d, want)
		}
	}
}
