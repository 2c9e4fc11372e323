package kms_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

type M = servertest.M

const own = "arn:aws:kms:us-east-1:123456789012:key/own"

// configured has one key, and no others, as a production server.
func configured(c *server.Config) {
	c.KMSKeys = []config.KMSKey{
		{Key: "own", Aliases: []string{"alias/codes"}, Local: true},
		{Key: "remote", KMS: "https://kms.us-east-1.amazonaws.com"},
	}
}

func each(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	servertest.EachWith(t, configured, func(t *testing.T, w *servertest.World) {
		w.Server.Outbox.Keys.Any = false
		body(t, w)
	})
}

// ask calls an operation with a signature that a development server does not check.
func ask(t *testing.T, w *servertest.World, operation string, in M) (status int, out M) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService."+operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260314/us-east-1/kms/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("0", 64))
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, r)
	if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v in %s", operation, err, answer.Body)
	}
	return answer.Code, out
}

func must(t *testing.T, w *servertest.World, operation string, in M) M {
	t.Helper()
	status, out := ask(t, w, operation, in)
	if status != http.StatusOK {
		t.Fatalf("%s: got %d %v", operation, status, out)
	}
	return out
}

func TestDataKeysAreMadeAndDecrypted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		context := M{"userpool-id": "us-east-1_AbC123xyz", "aws-crypto-public-key": "A+"}
		for _, c := range []struct {
			in   M
			size int
		}{
			{M{"KeyId": own, "NumberOfBytes": 32}, 32},
			{M{"KeyId": "own", "KeySpec": "AES_128"}, 16},
			{M{"KeyId": "alias/codes", "KeySpec": "AES_256"}, 32},
			{M{"KeyId": "arn:aws:kms:us-east-1:123456789012:alias/codes", "NumberOfBytes": 1024}, 1024},
		} {
			c.in["EncryptionContext"] = context
			made := must(t, w, "GenerateDataKey", c.in)
			plain, _ := base64.StdEncoding.DecodeString(servertest.Text(made, "Plaintext"))
			if made["KeyId"] != own || len(plain) != c.size {
				t.Errorf("%v: got %v", c.in, made)
			}
			for _, key := range []any{nil, own, "own", "alias/codes"} {
				got := must(t, w, "Decrypt", M{"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context, "KeyId": key})
				if got["Plaintext"] != made["Plaintext"] || got["KeyId"] != own || got["EncryptionAlgorithm"] != "SYMMETRIC_DEFAULT" {
					t.Errorf("by %v: got %v, want %v", key, got, made)
				}
			}
		}
		described := must(t, w, "DescribeKey", M{"KeyId": "alias/codes"})
		if servertest.Text(described, "KeyMetadata.Arn") != own || servertest.Text(described, "KeyMetadata.KeyState") != "Enabled" {
			t.Errorf("got %v", described)
		}
	})
}

func TestFaultsAreThoseOfKMS(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		made := must(t, w, "GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 32, "EncryptionContext": M{"a": "b"}})
		blob := made["CiphertextBlob"]
		forged := "AAAA" + servertest.Text(made, "CiphertextBlob")[4:]
		for _, c := range []struct {
			operation     string
			in            M
			code, message string
		}{
			{"Decrypt", M{"CiphertextBlob": blob}, "InvalidCiphertextException", ""},
			{"Decrypt", M{"CiphertextBlob": blob, "EncryptionContext": M{"a": "c"}}, "InvalidCiphertextException", ""},
			{"Decrypt", M{"CiphertextBlob": forged, "EncryptionContext": M{"a": "b"}}, "InvalidCiphertextException", ""},
			{"Decrypt", M{}, "ValidationException", "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"},
			{"Decrypt", M{"CiphertextBlob": blob, "EncryptionContext": M{"a": "b"}, "KeyId": "arn:aws:kms:eu-west-1:123456789012:key/own"}, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation."},
			{"Decrypt", M{"CiphertextBlob": blob, "EncryptionContext": M{"a": "b"}, "EncryptionAlgorithm": "SM2PKE"}, "InvalidKeyUsageException", "Algorithm SM2PKE and key spec SYMMETRIC_DEFAULT do not match."},
			{"Decrypt", M{"CiphertextBlob": blob, "EncryptionContext": M{"a": "b"}, "DryRun": true}, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."},
			{"DescribeKey", M{"KeyId": "another"}, "NotFoundException", "Key 'arn:aws:kms:us-east-1:123456789012:key/another' does not exist"},
			{"DescribeKey", M{"KeyId": "remote"}, "NotFoundException", "Key 'arn:aws:kms:us-east-1:123456789012:key/remote' does not exist"},
			{"DescribeKey", M{"KeyId": "alias/another"}, "NotFoundException", "Alias arn:aws:kms:us-east-1:123456789012:alias/another is not found."},
			{"DescribeKey", M{"KeyId": "not a key"}, "NotFoundException", "Invalid keyId 'not a key'"},
			{"GenerateDataKey", M{"KeyId": "another", "NumberOfBytes": 32}, "NotFoundException", "Key 'arn:aws:kms:us-east-1:123456789012:key/another' does not exist"},
			{"GenerateDataKey", M{"KeyId": "own"}, "ValidationException", "Please specify either number of bytes or key spec."},
			{"GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 32, "KeySpec": "AES_256"}, "ValidationException", "Please specify either number of bytes or key spec."},
			{"GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 1025}, "ValidationException", "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"},
			{"GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 32, "DryRun": true}, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."},
			{"GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 32, "EncryptionContext": M{"a": strings.Repeat("b", 1<<16)}}, "ValidationException", "The encryption context is too long: longer than 65,535 bytes"},
		} {
			status, got := ask(t, w, c.operation, c.in)
			if status != http.StatusBadRequest || got["__type"] != c.code || servertest.Text(got, "message") != c.message {
				t.Errorf("%s %v: got %d %v, want %s: %s", c.operation, c.in, status, got, c.code, c.message)
			}
		}
	})
}

func TestAKeyThatWasTakenAwayDecryptsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		made := must(t, w, "GenerateDataKey", M{"KeyId": "own", "NumberOfBytes": 32})
		w.Server.Outbox.Keys.Entries = nil
		if status, got := ask(t, w, "Decrypt", M{"CiphertextBlob": made["CiphertextBlob"]}); status != http.StatusBadRequest || got["__type"] != "NotFoundException" {
			t.Errorf("got %d %v", status, got)
		}
	})
}

func TestProductionWantsSignatures(t *testing.T) {
	t.Parallel()
	production := func(c *server.Config) { configured(c); c.Dev = false }
	servertest.EachWith(t, production, func(t *testing.T, w *servertest.World) {
		for _, operation := range []string{"Decrypt", "GenerateDataKey", "DescribeKey"} {
			if status, got := ask(t, w, operation, M{"KeyId": "own"}); status != http.StatusBadRequest || got["__type"] != "IncompleteSignatureException" {
				t.Errorf("%s: got %d %v", operation, status, got)
			}
		}
	})
}
