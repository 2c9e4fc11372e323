// Package linkedidentity stores which user of a pool somebody is who signs in at an identity provider.
package linkedidentity
