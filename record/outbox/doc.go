// Package outbox stores messages that are still to be delivered. A message is inserted in the transaction that makes it
// necessary.
//
// engine/message seals the content and the address of a message; its row shows only when it was written, by which medium
// it goes and when it is due. A row is claimed by moving its due time ahead, so that two nodes never deliver it at once,
// and deleted when it has been delivered. In development nothing is delivered and the rows are the inbox.
package outbox
