// Package kmskey is the keys that user pools name by KMSKeyID: codes for custom senders are encrypted under them.
//
// The operator's configuration says what stands behind a key: AWS KMS or a service that speaks its interface, a key of this
// server, or a raw AES key that functions have too. [Keys.Encrypt] makes the message that a function gets; data keys of
// this server's own keys are made and unwrapped by Generate and Unwrap, which feature/kms answers its operations with.
// Calls are not made inside transactions.
package kmskey
