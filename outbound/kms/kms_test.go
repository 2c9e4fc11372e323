package kms_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/delivery"
	"cardea/outbound/kms/kmstest"
	"cardea/platform/awscred"
)

const alias = "arn:aws:kms:eu-west-1:123456789012:alias/codes"

var bound = map[string]string{"userpool-id": "eu-west-1_AbC123xyz"}

func TestDataKeysAreMadeInTheKeysRegion(t *testing.T) {
	t.Parallel()
	server := kmstest.New(t)
	key, err := server.Client().GenerateDataKey(t.Context(), "eu-west-1", alias, bound)
	if err != nil {
		t.Fatal(err)
	}
	if key.KeyARN != kmstest.ARN || len(key.Plain) != 32 || !bytes.Equal(server.Open(key.Wrapped), key.Plain) {
		t.Errorf("got %+v", key)
	}
	want := []kmstest.Call{{KeyID: alias, Bytes: 32, Context: bound, Region: "eu-west-1"}}
	if diff := cmp.Diff(want, server.Calls()); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestFailuresHaveAClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   delivery.Class
	}{
		{400, "AccessDeniedException", delivery.Misconfigured},
		{400, "NotFoundException", delivery.Misconfigured},
		{400, "DisabledException", delivery.Misconfigured},
		{400, "com.amazonaws.kms#KMSInvalidStateException", delivery.Misconfigured},
		{400, "ThrottlingException", delivery.Throttled},
		{500, "KMSInternalException", delivery.Transient},
		{500, "DependencyTimeoutException", delivery.Transient},
		{503, "", delivery.Transient},
	} {
		server := kmstest.New(t)
		server.Refuse(c.status, c.code)
		_, err := server.Client().GenerateDataKey(t.Context(), "us-east-1", kmstest.ARN, bound)
		if got := delivery.Of(err); got != c.want {
			t.Errorf("%d %s: got %s, want %s", c.status, c.code, got, c.want)
		}
	}
}

func TestAnswersWithoutADataKeyAreNotUsed(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{``, `{}`, `[]`, `{"Plaintext":"AAAA","CiphertextBlob":"AAAA","KeyId":"arn"}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		client := kmstest.New(t).Client()
		client.Endpoint = server.URL
		if key, err := client.GenerateDataKey(t.Context(), "us-east-1", kmstest.ARN, bound); delivery.Of(err) != delivery.Transient {
			t.Errorf("%q: got %v, %v", answer, key, err)
		}
		server.Close()
	}
}

func TestWithoutAKeyToSignWithNothingIsAsked(t *testing.T) {
	t.Parallel()
	server := kmstest.New(t)
	client := server.Client()
	client.Keys = awscred.Chain()
	if _, err := client.GenerateDataKey(t.Context(), "us-east-1", kmstest.ARN, bound); delivery.Of(err) != delivery.Misconfigured {
		t.Errorf("got %v", err)
	}
	client.Keys, client.Endpoint = server.Client().Keys, "http://%zz"
	_, err := client.GenerateDataKey(t.Context(), "us-east-1", kmstest.ARN, bound)
	if _, ok := errors.AsType[*delivery.Error](err); !ok || len(server.Calls()) != 0 {
		t.Errorf("got %v after %d calls", err, len(server.Calls()))
	}
}
