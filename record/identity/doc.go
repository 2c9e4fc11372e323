// Package identity remembers the identities of identity pools and their logins: who somebody is who is known to a provider.
//
// A guest's identity needs no row: its id proves itself. A row of a guest lists it, and says that its id is dead; the primary key of
// logins decides whose a login is. What may be linked is left to feature/identitypool.
package identity
