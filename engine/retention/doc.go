// Package retention deletes rows that are of no use any more: expired sessions, codes and counters, Sessions of sign-ins that
// were used, failures long past, devices and passkey registrations that were never confirmed.
//
// Which rows those are, the rules say; how they are found is the records' business. Rows are deleted in small transactions,
// with a pause after each, so that deleting keeps up with whoever causes rows and leaves the database to others.
package retention
