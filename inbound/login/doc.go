// Package login shows the pages of a user pool's domain.
//
// Every page is a Card: one question, one primary button, and quiet links. A card is made of texts in the visitor's language
// (inbound/login/text) by a function of its own in cards*.go; card.html draws all of them, and frame.html what stands around.
// Pages work without JavaScript, but for passkeys.
package login
