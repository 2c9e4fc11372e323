// Package bearer lets the holder of an access token act on their own account, in two steps: Authenticate judges what the
// token itself tells, before any transaction; Admit judges, inside one, what has become of its session, client and user
// since (docs/cognito/wire.md, "Who may call").
package bearer
