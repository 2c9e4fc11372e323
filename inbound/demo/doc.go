// Package demo is an app for development servers: one page that signs its visitor in at the demo pool's domain by OpenID
// Connect, with an authorization code and PKCE, and shows the tokens. It knows nothing that an app on another machine would not
// know; the server mounts it on development servers only.
package demo
