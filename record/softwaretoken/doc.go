// Package softwaretoken remembers what users' authenticator apps share with the server: for each user the sealed secret in
// force, which of its codes was the last to be used, and a secret that waits to be verified.
//
// A new secret takes the place of the old one only when it is confirmed, and a step is used only if it is later than the
// last: both are decided by conditional statements, so that of a hundred who come with one code one succeeds. How secrets
// are sealed and codes judged is engine/factor's business.
package softwaretoken
