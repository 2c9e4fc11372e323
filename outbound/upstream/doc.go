// Package upstream speaks with identity providers as their client: OpenID Connect providers, Google, Apple, Facebook and Amazon. It
// sends nothing but through the guarded client that it is given, and takes nothing for true that it has not checked.
package upstream
