// Package seal encrypts secrets, so that a stolen database does not reveal them.
//
// A [Master] key, held outside the database, wraps data keys; a data key makes a [Box], which seals small secrets and
// computes MACs. Keys have ids, so that both can be replaced without resealing everything at once. Sealing is
// XAES-256-GCM (C2SP): every message gets an AES-256-GCM key of its own, derived from half of a random 192-bit nonce,
// so that there is no practical limit to the number of messages under one key. Sub-keys come from HKDF-SHA256 (RFC 5869),
// MACs are HMAC-SHA256.
//
// record/datakey stores the wrapped data keys.
package seal
