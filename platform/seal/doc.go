// Package seal keeps secrets unreadable to whoever steals the database.
//
// A [Master] key, held outside the database, wraps data keys; a data key makes a [Box], which seals small secrets and
// computes MACs. Keys have ids, so that both can be replaced without resealing everything at once. Sealing is
// XAES-256-GCM (C2SP): every message gets an AES-256-GCM key of its own, derived from half of a random 192-bit nonce,
// so that no key wears out however often it is used. Sub-keys come from HKDF-SHA256 (RFC 5869), MACs are HMAC-SHA256.
//
// Where wrapped data keys are stored is record/datakey's business.
package seal
