package token

import "context"

// Rotate is the write transaction of Refresh, for a caller whose read transaction has found the token valid.
func (m *Minter) Rotate(ctx context.Context, r RefreshRequest) (next string, err error) {
	given, err := readRefreshToken(r.RefreshToken)
	if err != nil {
		return "", err
	}
	_, next, err = m.rotate(ctx, r, given)
	return next, err
}
