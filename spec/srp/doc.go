// Package srp is the arithmetic of Cognito's variant of the Secure Remote Password protocol: SRP-6a over the
// 3072-bit group of RFC 5054 (RFC 3526, group 15) with SHA-256, a padding rule of its own, and a key drawn by HKDF
// (RFC 5869) that signs the answer instead of RFC 2945's proofs.
//
// It holds both halves: what a server stores, offers and checks, and what a client computes (for tests and
// benchmarks). feature/signin decides who may sign in, and the lifetime and the use of challenges. Functions take and
// return numbers as Size big-endian bytes or as hexadecimal text.
//
// math/big is not constant in time. A server's exponent is drawn for one exchange and forgotten, and the verifier
// enters as a base only, so timing reveals little; comparisons of secrets are constant in time. An Arithmetic can compute a
// server's powers in its place.
package srp
