// Package logoutnotice stores which apps are to be told that a single sign-on session has ended: written with the end, claimed by
// the node that tells the app, deleted when the app knows or is not told any more.
package logoutnotice
