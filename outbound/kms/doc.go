// Package kms makes data keys, and opens what was encrypted, by AWS Key Management Service, or by a service that speaks its interface (GenerateDataKey and Decrypt, "AWS
// KMS API Reference").
package kms
