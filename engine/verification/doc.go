// Package verification issues the short codes that prove who reads a mailbox or holds a phone, and judges them.
//
// A code is six digits from crypto/rand, or 128 bits where a link carries it, known to the database by a keyed hash that
// binds it to its pool, its user, its purpose and the very address it went to. The newest replaces older ones, it works
// once, dies after too many wrong tries and after its lifetime (docs/cognito/accounts.md, "Lifetimes of codes"). For unknown
// users the same work is done on a decoy that no code opens, so that nobody learns who has an account.
//
// A code is sent in two steps: Prepare draws it and composes its message, outside every transaction; Post stores it and
// puts the message into the outbox, in the transaction that made it necessary. Composing and delivering is
// engine/message's business.
package verification
