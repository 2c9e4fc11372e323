// Package kms is AWS Key Management Service as far as it is built: the operations by which functions read codes that were
// encrypted under this server's own keys (docs/operating.md, "Keys of custom senders"). It has no keys of AWS, grants or
// policies: every access key of the account may use every key.
package kms
