// Package terms remembers the documents that people agree to when they sign up: links, one for each language. A client has
// at most one of each name.
package terms
