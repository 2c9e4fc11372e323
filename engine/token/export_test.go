package token

import (
	"context"
	"strconv"
)

// Rotate is the write transaction of Refresh, for a caller whose read transaction has found the token valid.
func (m *Minter) Rotate(ctx context.Context, r RefreshRequest) (next string, err error) {
	given, err := readRefreshToken(r.RefreshToken)
	if err != nil {
		return "", err
	}
	_, next, err = m.rotate(ctx, r, given)
	return next, err
}

const MaxRemembered = maxRemembered

// Remember remembers the n-th of many other tokens, as if it had been verified.
func (m *Minter) Remember(n int) { m.remembered.keep(hashOf(strconv.Itoa(n)), &Claims{}) }

// Remembered counts the tokens that are remembered.
func (m *Minter) Remembered() int { return len(m.remembered.recent) + len(m.remembered.older) }

// Remembers tells whether a token is remembered.
func (m *Minter) Remembers(jwt string) bool { return m.remembered.find(hashOf(jwt)) != nil }
