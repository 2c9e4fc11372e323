package sdkgo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	readerPolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}`
	anyonesTrust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}}`
)

// policiesOf is a client of IAM at an address.
func policiesOf(t *testing.T, endpoint, key, secret string) *iam.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, secret, "")),
		config.WithBaseEndpoint(endpoint),
	)
	if err != nil {
		t.Fatal(err)
	}
	return iam.NewFromConfig(cfg, func(o *iam.Options) { o.RetryMaxAttempts = 1 })
}

// As Terraform's aws_iam_policy, aws_iam_role_policy and aws_iam_role_policy_attachment do it.
func TestPoliciesAreReadBackAsWritten(t *testing.T) {
	signed, key, secret := os.Getenv("CONFORMANCE_SIGNED_ENDPOINT"), os.Getenv("CONFORMANCE_SIGNED_KEY"), os.Getenv("CONFORMANCE_SIGNED_SECRET")
	for name, client := range map[string]*iam.Client{
		"development": policiesOf(t, endpoint(t), "AKIAIOSFODNN7EXAMPLE", "conformance"),
		"production":  policiesOf(t, signed, key, secret),
	} {
		t.Run(name, func(t *testing.T) { readBack(t, client) })
	}
}

func readBack(t *testing.T, client *iam.Client) {
	name := aws.String(fmt.Sprint("p", time.Now().UnixNano()))
	made := must(client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: name, PolicyDocument: aws.String(readerPolicy), Tags: []types.Tag{{Key: aws.String("empty"), Value: aws.String("")}},
	}))(t)
	arn := made.Policy.Arn
	got := must(client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn}))(t).Policy
	if *got.PolicyName != *name || *got.Path != "/" || !got.IsAttachable || *got.AttachmentCount != 0 || *got.PermissionsBoundaryUsageCount != 0 ||
		*got.PolicyId != *made.Policy.PolicyId || !got.UpdateDate.Equal(*made.Policy.UpdateDate) || len(got.Tags) != 1 || *got.Tags[0].Value != "" {
		t.Errorf("got %+v", got)
	}
	version := must(client.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: got.DefaultVersionId}))(t)
	sameDocument(t, version.PolicyVersion.Document)

	must(client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(anyonesTrust), PermissionsBoundary: arn}))(t)
	must(client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: arn}))(t)
	must(client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: name, PolicyDocument: aws.String(readerPolicy)}))(t)
	sameDocument(t, must(client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: name, PolicyName: name}))(t).PolicyDocument)
	attached := 0
	for pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: name}); pages.HasMorePages(); {
		for _, p := range must(pages.NextPage(t.Context()))(t).AttachedPolicies {
			if *p.PolicyArn == *arn {
				attached++
			}
		}
	}
	if used := must(client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn}))(t).Policy; attached != 1 || *used.AttachmentCount != 1 || *used.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("attached %d times, used %+v", attached, used)
	}

	_, err := client.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: arn})
	if _, ok := errors.AsType[*types.DeleteConflictException](err); !ok {
		t.Errorf("a policy that a role has: got %v", err)
	}
	must(client.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: name}))(t)
	must(client.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: arn}))(t)
	must(client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}))(t)
	must(client.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: arn}))(t)
	_, err = client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn})
	if _, ok := errors.AsType[*types.NoSuchEntityException](err); !ok {
		t.Errorf("a policy that is gone: got %v", err)
	}
}

// sameDocument compares a document as an answer has it, percent-encoded, with the one that was written.
func sameDocument(t *testing.T, encoded *string) {
	t.Helper()
	plain, err := url.QueryUnescape(*encoded) // as Terraform decodes it
	var got, want any
	if err = errors.Join(err, json.Unmarshal([]byte(plain), &got), json.Unmarshal([]byte(readerPolicy), &want)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("document %s: %v", *encoded, err)
	}
}

// must gives an answer, or ends the test with the error.
func must[T any](out T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}
