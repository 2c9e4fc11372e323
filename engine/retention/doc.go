// Package retention deletes rows that are no longer needed: expired sessions, codes and counters, used Sessions of
// sign-ins, old failures, and devices and passkey registrations that were never confirmed.
//
// Rules says which rows those are; the records find them. Rows are deleted in small transactions with a pause after each,
// until none is left, so that deletion keeps up with insertion and does not delay other transactions.
package retention
