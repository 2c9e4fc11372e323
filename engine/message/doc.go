// Package message writes the mails and text messages that users get, and sees to their delivery.
//
// Compose fills in the texts of the pool's CustomMessage trigger, the pool's template or Cognito's default, outside every
// transaction. Mails that confirm a sign-up may have a link in the place of a code. Post puts the composed message, sealed,
// into the outbox, in the transaction that made it necessary: a code that is remembered is a code that is sent. On a server
// with senders Deliver hands messages over, tries again after failures, and deletes them; on a development server they stay
// and are the inbox. Post counts messages by destination and by source address, and refuses too many.
//
// Which code is right is engine/verification's business. See docs/cognito/messages.md.
package message
