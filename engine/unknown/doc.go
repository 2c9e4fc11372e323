// Package unknown makes the user that stands in for a name that no user has, where the client hides which users exist
// (PreventUserExistenceErrors=ENABLED). A stand-in answers as a user would: whoever asks twice gets the same, and the id that
// was answered for a name leads to the same stand-in as the name, as a user's id leads to the user.
//
// What is derived from a stand-in (a salt, passkeys, limits, failures, the masked destination of a code) is to be derived
// from its ID, never from the name that was typed.
package unknown
