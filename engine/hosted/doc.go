// Package hosted is what a sign-in at the hosted pages begins and ends with. Judge compares an authorization request with the
// client as it is now; nothing is remembered of it, so it is judged at every step. Finish makes the authorization code, in the
// transaction of the sign-in's last proof, and the single sign-on session, by which Reuse makes codes for all clients of the
// pool without a new sign-in. Redeem gives the tokens of a code, once (docs/cognito/oauth.md, "Authorize", "Single sign-on"
// and "Token").
package hosted
