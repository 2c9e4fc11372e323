// Package backchannel tells apps, by OpenID Connect Back-Channel Logout 1.0, of the single sign-on sessions that have ended.
// engine/account leaves word in the transaction that ends a session; each notice is claimed before its app is told, so that several
// nodes and loops may run at once, and is tried again for some minutes while the app does not answer.
package backchannel
