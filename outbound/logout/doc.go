// Package logout tells apps that a session has ended, by a call from server to server (OpenID Connect Back-Channel Logout 1.0).
package logout
