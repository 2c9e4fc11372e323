package sdkgo

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// storage is a server with versitygw and with the guard before it, as conformance/run has started it.
type storage struct {
	Name, Guard string
	Key         [2]string // a root key of the server
}

// storages are all that conformance/run has started.
func storages(t *testing.T) (all []storage) {
	t.Helper()
	if err := json.Unmarshal([]byte(os.Getenv("CONFORMANCE_STORAGE")), &all); err != nil {
		t.Fatalf("CONFORMANCE_STORAGE: %v", err)
	}
	return all
}

// trusting is a client that trusts the certificate of the guard.
func trusting(t *testing.T) *awshttp.BuildableClient {
	t.Helper()
	roots := x509.NewCertPool()
	file, err := os.ReadFile(os.Getenv("CONFORMANCE_PEERS_PEM"))
	if err != nil || !roots.AppendCertsFromPEM(file) {
		t.Fatalf("CONFORMANCE_PEERS_PEM: %v", err)
	}
	return awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig = &tls.Config{RootCAs: roots}
	})
}

// TestS3ThroughTheGuard signs as the SDK does, in its ways to send a body.
func TestS3ThroughTheGuard(t *testing.T) {
	for _, there := range storages(t) {
		t.Run(there.Name, func(t *testing.T) { throughTheGuard(t, there) })
	}
}

func throughTheGuard(t *testing.T, there storage) {
	web := trusting(t)
	client := func(secret string) *s3.Client {
		cfg, err := config.LoadDefaultConfig(t.Context(),
			config.WithRegion("us-east-1"),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(there.Key[0], secret, "")),
			config.WithBaseEndpoint(there.Guard),
			config.WithHTTPClient(web),
		)
		if err != nil {
			t.Fatal(err)
		}
		return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle, o.RetryMaxAttempts = true, 1 })
	}
	own := client(there.Key[1])
	bucket := aws.String("sdkgo")
	if _, err := own.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("content "), 20_000)
	for _, algorithm := range []types.ChecksumAlgorithm{"", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		name := aws.String("a b/%2F+ü" + string(algorithm))
		_, err := own.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: bucket, Key: name, Body: bytes.NewReader(content), ChecksumAlgorithm: algorithm, Metadata: map[string]string{"colour": "red"},
		})
		if err != nil {
			t.Errorf("%s: put: %v", algorithm, err)
			continue
		}
		got, err := own.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: name})
		if err != nil {
			t.Errorf("%s: get: %v", algorithm, err)
			continue
		}
		body, err := io.ReadAll(got.Body)
		if err != nil || !bytes.Equal(body, content) || got.Metadata["colour"] != "red" {
			t.Errorf("%s: got %d bytes, %v, %v", algorithm, len(body), got.Metadata, err)
		}
	}

	presigned, err := s3.NewPresignClient(own).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("a b/%2F+ü")})
	if err != nil {
		t.Fatal(err)
	}
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, presigned.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := web.Do(get)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("presigned: got %v, %v", answer, err)
	}
	_, err = client("wrong").PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("k"), Body: strings.NewReader("x")})
	var fault smithy.APIError
	if !errors.As(err, &fault) || fault.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret: got %v", err)
	}
}
