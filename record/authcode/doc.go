// Package authcode stores authorization codes, which a browser carries from the hosted pages to an app and the app redeems for
// tokens. Only the hash of a code is stored. A code that was used is kept with the session that it gave, so that its second
// use can be recognized. engine/hosted decides who has one and who may redeem it.
package authcode
