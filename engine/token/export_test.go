package token

import "context"

// Rotate is the writing half of Refresh, for a caller whose reading half has seen the token as good.
func (m *Minter) Rotate(ctx context.Context, r RefreshRequest) (next string, err error) {
	given, err := readRefreshToken(r.RefreshToken)
	if err != nil {
		return "", err
	}
	_, next, err = m.rotate(ctx, r, given)
	return next, err
}
