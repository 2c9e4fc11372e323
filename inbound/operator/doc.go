// Package operator answers what operators ask a server about, beside the operations of Cognito's API.
//
// /_cardea/federation/traces lists what happened in sign-ins through identity providers (docs/operating.md, "Sign-ins through
// identity providers"). Callers sign their requests as those of the API.
package operator
