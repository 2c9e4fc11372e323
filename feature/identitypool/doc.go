// Package identitypool answers the operations on identity pools and their identities.
//
// An identity is a guest until a login is linked with it, and never again after (docs/cognito/credentials.md, "Identities"). The
// ids of guests are proofs that this server has made them (ids.go), so that guests need no rows. Which identity somebody is who
// has shown logins is decided in one place (link.go), for every operation that takes logins; the primary key of logins is the
// authority.
package identitypool
