// Package softwaretoken stores the secrets that users' authenticator apps share with the server: for each user the sealed
// secret in force, the time step of the code used last, and a secret that is not verified yet.
//
// A new secret replaces the old one only when it is confirmed, and a step can be used only if it is later than the last.
// Conditional statements decide both, so that each code works once, however many requests bring it at the same time.
// engine/factor seals secrets and judges codes.
package softwaretoken
