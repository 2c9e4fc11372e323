// Package provider stores the identity providers of user pools: their settings, secrets and identifiers.
package provider
