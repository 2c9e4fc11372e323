// Package devicegrant stores the devices that ask for tokens of a user, who answers in a browser (RFC 8628). A device is known by
// the hash of its device code, to its user by the user code, and to pages by an id. engine/hosted moves it from state to state;
// the conditional statements here decide who comes first.
package devicegrant
