// Package sms hands text messages to the operator's gateway by a signed webhook.
//
// A message is one POST of a small JSON document. Its signature is an HMAC-SHA256, under a secret both sides know, of the
// time and the body, so that the gateway can tell a true call from a forged or a replayed one. The message's id stays the
// same from attempt to attempt. When to try again is engine/message's business.
package sms
