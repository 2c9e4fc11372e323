// Package hosted is what a sign-in at the hosted pages begins and ends with. Judge compares an authorization request with the
// client as it is now; nothing is remembered of it, so it is judged at every step. Finish makes the authorization code, in the
// transaction of the sign-in's last proof. Redeem gives the tokens of a code, once (docs/cognito/oauth.md, "Authorize" and
// "Token").
package hosted
