// Package branding answers the operations on how a pool's pages look: the classic customization, managed login styles, and
// the documents that people agree to when they sign up (docs/cognito/branding.md). What an operator uploads is checked and made
// harmless by engine/brand.
package branding
