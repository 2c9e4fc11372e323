// Package kms is AWS Key Management Service as far as it is built: the operations by which functions read codes that were
// encrypted under this server's own keys (docs/operating.md, "Keys of custom senders"). It has no keys of AWS, no grants and
// no policies of keys: what policies of IAM allow the caller is asked on the key that was found.
package kms
