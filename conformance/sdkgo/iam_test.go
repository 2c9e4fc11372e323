package sdkgo

import (
	"errors"
	"net/url"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const trustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// As Terraform's aws_iam_role makes, reads and removes a role.
func TestRoleIsReadBackAsWritten(t *testing.T) {
	client := policiesOf(t, endpoint(t), "AKIAIOSFODNN7EXAMPLE", "conformance")
	name := aws.String("sdkgo-role")
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/app/"), AssumeRolePolicyDocument: aws.String(trustPolicy), MaxSessionDuration: aws.Int32(7200),
		Tags: []types.Tag{{Key: aws.String("empty"), Value: aws.String("")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := iam.NewRoleExistsWaiter(client).Wait(t.Context(), &iam.GetRoleInput{RoleName: name}, 1<<30); err != nil {
		t.Error(err)
	}
	out, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := url.PathUnescape(*out.Role.AssumeRolePolicyDocument)
	if err != nil || trust != trustPolicy || *out.Role.MaxSessionDuration != 7200 || out.Role.Description != nil || out.Role.PermissionsBoundary != nil {
		t.Errorf("got %+v, %v", out.Role, err)
	}
	if tags := out.Role.Tags; len(tags) != 1 || tags[0].Value == nil || *tags[0].Value != "" {
		t.Errorf("got the tags %v", tags)
	}
	profiles, err := client.ListInstanceProfilesForRole(t.Context(), &iam.ListInstanceProfilesForRoleInput{RoleName: name})
	if err != nil || len(profiles.InstanceProfiles) != 0 || profiles.IsTruncated {
		t.Errorf("got %v, %v", profiles, err)
	}
	if _, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: name})
	if _, ok := errors.AsType[*types.NoSuchEntityException](err); !ok {
		t.Errorf("a role that is gone: %v", err)
	}
}

// A user's key signs on a server that checks signatures, until it is deleted.
func TestUserSignsWithTheirKey(t *testing.T) {
	signed, key, secret := os.Getenv("CONFORMANCE_SIGNED_ENDPOINT"), os.Getenv("CONFORMANCE_SIGNED_KEY"), os.Getenv("CONFORMANCE_SIGNED_SECRET")
	root := policiesOf(t, signed, key, secret)
	name := aws.String("sdkgo-user")
	if _, err := root.CreateUser(t.Context(), &iam.CreateUserInput{UserName: name}); err != nil {
		t.Fatal(err)
	}
	made, err := root.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	client := stsOf(t, signed, *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey)
	me, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *me.Arn != "arn:aws:iam::123456789012:user/sdkgo-user" {
		t.Fatalf("got %v, %v", me, err)
	}
	used, err := root.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: made.AccessKey.AccessKeyId})
	if err != nil || *used.UserName != "sdkgo-user" {
		t.Errorf("got %v, %v", used, err)
	}
	_, err = root.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: name})
	if _, ok := errors.AsType[*types.DeleteConflictException](err); !ok {
		t.Errorf("a user with a key was deleted: %v", err)
	}
	_, err = root.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: made.AccessKey.AccessKeyId})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if fault, ok := errors.AsType[smithy.APIError](err); !ok || fault.ErrorCode() != "InvalidClientTokenId" {
		t.Errorf("a deleted key: got %v", err)
	}
	if _, err := root.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: name}); err != nil {
		t.Error(err)
	}
}
