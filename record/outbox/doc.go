// Package outbox holds the messages that were promised in the transaction that made them necessary and are still to be
// delivered.
//
// What a message says, and to whom, is sealed by engine/message; the rows show only when it was written, by which medium
// it goes and when it is due. A row is claimed by moving its due time ahead, so that two nodes never deliver it at once,
// and deleted when it has been delivered. In development nothing is delivered and the rows are the inbox.
package outbox
