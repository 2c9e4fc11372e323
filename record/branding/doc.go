// Package branding remembers how pools' pages look: the managed login style of a client, the classic customization of a client
// or of a pool, and the images of both.
package branding
