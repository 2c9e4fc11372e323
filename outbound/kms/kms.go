package kms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cardea/outbound/aws"
	"cardea/outbound/delivery"
	"cardea/platform/awscred"
)

const keySize = 32

// Client calls one KMS.
type Client struct {
	Endpoint string // such as https://kms.us-east-1.amazonaws.com; {region} stands for the key's Region
	Keys     awscred.Source
	HTTP     *http.Client // bounds time, size and where a call may go
	Now      func() time.Time
}

// DataKey is a key of 32 bytes that KMS has made.
type DataKey struct {
	Plain   []byte `json:"Plaintext"`
	Wrapped []byte `json:"CiphertextBlob"`
	KeyARN  string `json:"KeyId"` // of the key that wraps it, also where an alias was asked for
}

// GenerateDataKey asks for a new data key, wrapped by the key that an ARN of a Region names and bound to an encryption
// context. Errors are *delivery.Error.
func (c *Client) GenerateDataKey(ctx context.Context, region, arn string, bound map[string]string) (*DataKey, error) {
	body, err := json.Marshal(struct {
		KeyID             string `json:"KeyId"`
		NumberOfBytes     int
		EncryptionContext map[string]string
	}{arn, keySize, bound})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	answer, err := c.ask(ctx, region, "GenerateDataKey", body)
	if err != nil {
		return nil, err
	}
	var key DataKey
	if err := json.Unmarshal(answer, &key); err != nil || len(key.Plain) != keySize || len(key.Wrapped) == 0 || key.KeyARN == "" {
		return nil, &delivery.Error{Class: delivery.Transient, Reason: "the answer of KMS has no data key"}
	}
	return &key, nil
}

// Ciphertext is what KMS has encrypted, and the encryption context that it is bound to.
type Ciphertext struct {
	Blob    []byte
	Context map[string]string
}

// Decrypt asks for the plaintext of what the key that an ARN of a Region names has encrypted. Errors are *delivery.Error.
func (c *Client) Decrypt(ctx context.Context, region, arn string, sealed Ciphertext) ([]byte, error) {
	body, err := json.Marshal(struct {
		KeyID             string            `json:"KeyId"`
		CiphertextBlob    []byte            `json:"CiphertextBlob"`
		EncryptionContext map[string]string `json:",omitempty"`
	}{arn, sealed.Blob, sealed.Context})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	answer, err := c.ask(ctx, region, "Decrypt", body)
	if err != nil {
		return nil, err
	}
	var opened struct{ Plaintext []byte }
	if err := json.Unmarshal(answer, &opened); err != nil || len(opened.Plaintext) == 0 {
		return nil, &delivery.Error{Class: delivery.Transient, Reason: "the answer of KMS has no plaintext"}
	}
	return opened.Plaintext, nil
}

// ask calls an operation.
func (c *Client) ask(ctx context.Context, region, operation string, body []byte) ([]byte, error) {
	service := aws.Service{
		Name: "kms", Region: region, Endpoint: strings.ReplaceAll(c.Endpoint, "{region}", region), Keys: c.Keys, Client: c.HTTP, Now: c.Now,
	}
	answer, fault, err := service.Ask(ctx, aws.Call{
		Path: "/", ContentType: "application/x-amz-json-1.1", Target: "TrentService." + operation, Body: body,
	})
	if err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fault.Failure("KMS", "") // what KMS does not say by a code of all services, the status does
	}
	return answer, nil
}
