// Package userpool answers the operations on user pools: creating, describing, changing, listing and deleting them, their
// schema, their tags and their MFA configuration.
//
// Every member of the settings is stored, checked and echoed as Cognito does (docs/cognito/pools-and-clients.md). An
// update replaces: what it omits goes back to its default. No feature is withheld for a tier.
package userpool
