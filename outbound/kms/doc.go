// Package kms makes data keys by AWS Key Management Service, or by a service that speaks its interface (GenerateDataKey, "AWS
// KMS API Reference").
package kms
