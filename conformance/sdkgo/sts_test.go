package sdkgo

import (
	"errors"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// stsOf is a client of the second service at the same address.
func stsOf(t *testing.T, endpoint, key, secret string) *sts.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion("us-east-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, secret, "")),
		config.WithBaseEndpoint(endpoint),
	)
	if err != nil {
		t.Fatal(err)
	}
	return sts.NewFromConfig(cfg, func(o *sts.Options) { o.RetryMaxAttempts = 1 })
}

func TestCallerIdentity(t *testing.T) {
	signed, key, secret := os.Getenv("CONFORMANCE_SIGNED_ENDPOINT"), os.Getenv("CONFORMANCE_SIGNED_KEY"), os.Getenv("CONFORMANCE_SIGNED_SECRET")
	for name, client := range map[string]*sts.Client{
		"development": stsOf(t, endpoint(t), "AKIAIOSFODNN7EXAMPLE", "conformance"),
		"production":  stsOf(t, signed, key, secret),
	} {
		got, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if *got.Account != "123456789012" || *got.Arn != "arn:aws:iam::123456789012:root" || *got.UserId != "123456789012" {
			t.Errorf("%s: got %s, %s, %s", name, *got.Account, *got.Arn, *got.UserId)
		}
	}

	_, err := stsOf(t, signed, key, "wrong").GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if fault, ok := errors.AsType[smithy.APIError](err); !ok || fault.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret: got %v", err)
	}
	_, err = stsOf(t, signed, "AKIAAAAAAAAAAAAAAAAA", secret).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if fault, ok := errors.AsType[smithy.APIError](err); !ok || fault.ErrorCode() != "InvalidClientTokenId" {
		t.Errorf("an unknown key: got %v", err)
	}
}
