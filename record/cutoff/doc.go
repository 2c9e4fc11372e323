// Package cutoff remembers moments before which what was issued is void, for what the server issues and does not store.
package cutoff
