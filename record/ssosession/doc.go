// Package ssosession stores the single sign-on sessions of browsers at pools' domains: who has signed in there, when and how,
// and the hash of the secret that the browser's cookie has. A session that has ended has no row.
package ssosession
