// Package esdk writes messages in the format of the AWS Encryption SDK ("AWS Encryption SDK message format reference", version
// 1): algorithm suite 0x0378, which is AES-256-GCM under a key that HKDF with SHA-384 derives, signed by ECDSA on P-384. A
// message has one encrypted data key and one frame, so that it holds at most 4,096 bytes.
//
// Every version of the SDK reads such messages; this is the form in which Cognito hands codes to custom senders. Wrapping
// data keys is left to the caller, but for keys that the SDK's raw AES keyring unwraps. Nothing here decrypts.
package esdk
