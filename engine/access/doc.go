// Package access finds what an operation is about: the pool or the app client that a request names, with whatever proof
// of itself the app has sent. App and Subject are what most operations carry from there on (docs/cognito/wire.md, "Who
// may call").
package access
