// Package certs provides the certificates that listeners serve with.
//
// Files follows a certificate and key on disk, so that a renewed certificate is served without a restart. Local keeps
// a certificate authority of its own in a folder and issues short-lived certificates for this machine from it; it is for
// development, where some clients insist on https. The folder must be kept private, since clients trust the
// authority.
package certs
