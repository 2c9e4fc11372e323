package awsmanaged_test

import (
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
		"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess/":             false,
	} {
		if _, ok := awsmanaged.Get(arn); ok != want {
			t.Errorf("%s: got %t, want %t", arn, ok, want)
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
