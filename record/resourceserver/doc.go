// Package resourceserver remembers resource servers: the APIs that a pool's access tokens may be for, and the custom scopes
// that they define. A full scope is "<identifier>/<scope name>".
package resourceserver
