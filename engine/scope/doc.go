// Package scope knows which OAuth scopes a pool has, its own and those that its resource servers define, and decides which
// of them a client is granted (docs/cognito/oauth.md, "Scopes").
package scope
