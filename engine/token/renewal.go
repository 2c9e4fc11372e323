package token

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// Refresh makes new tokens for the holder of a refresh token: Look, in a transaction of its own, and Renew.
func (m *Minter) Refresh(ctx context.Context, r RefreshRequest) (*cognitoidp.AuthenticationResultType, error) {
	var n *Renewal
	err := m.DB.Read(ctx, func(tx *db.Tx) (err error) {
		n, err = m.Look(tx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m.Renew(ctx, n)
}

// Renewal is a refresh token that was looked up, from which Renew makes new tokens.
type Renewal struct {
	request RefreshRequest
	given   *refreshToken
	facts   *facts // what the new tokens say; nil: the transaction that replaces the refresh token finds out
	reused  bool   // it was used after its replacement
}

// Look looks up a refresh token, in the read transaction in which its client was found, and changes nothing. It answers why there
// are no new tokens for it, as far as it finds out: ErrInvalidRefresh, ErrExpiredRefresh, ErrRevokedRefresh, scope.ErrRefused, or
// what account.Active says. It does not check whether the client may use the flow of the request: the caller refuses
// REFRESH_TOKEN_AUTH.
func (m *Minter) Look(tx *db.Tx, r RefreshRequest) (*Renewal, error) {
	given, err := readRefreshToken(r.RefreshToken)
	if err != nil {
		return nil, ErrInvalidRefresh
	}
	n := &Renewal{request: r, given: given}
	if r.rotates() && !trigger.Configured(r.Pool.Doc.LambdaConfig, triggerevent.PreTokenGeneration) {
		// The transaction that replaces the token reads all that there is to read. Only tokens that were made for the client
		// have it begun.
		return n, m.made(tx, r, given)
	}
	n.facts, err = m.redeemed(tx, r, given)
	if n.reused = errors.Is(err, ErrReusedRefresh); n.reused {
		return n, nil
	}
	return n, err
}

// made answers ErrInvalidRefresh for a token that was never made for the client.
func (m *Minter) made(tx *db.Tx, r RefreshRequest, given *refreshToken) error {
	box, err := m.Ring.Box(tx, r.Pool.ID)
	if err != nil {
		return fmt.Errorf("data key: %w", err)
	}
	if !given.genuine(box, r.Client) {
		return ErrInvalidRefresh
	}
	return nil
}

// Renew makes the new tokens, and a new refresh token if the client rotates them. Besides the conditions of Look it answers
// ErrReusedRefresh, and then has ended the session. Without rotation it writes nothing, except from time to time the use of a
// session in a pool that tracks sessions. What it writes is durable before it signs anything.
func (m *Minter) Renew(ctx context.Context, n *Renewal) (*cognitoidp.AuthenticationResultType, error) {
	if n.reused {
		return nil, m.endReused(ctx, n.request, n.given)
	}
	overrides, err := m.customizeRenewal(ctx, n)
	if err != nil {
		return nil, err
	}

	f, next := n.facts, ""
	if n.request.rotates() {
		f, next, err = m.rotate(ctx, n.request, n.given)
	} else {
		err = m.note(ctx, n.request, f)
	}
	if err != nil {
		return nil, err
	}
	f.overrides = overrides
	result, err := m.sign(ctx, n.request.Pool, f)
	if err != nil {
		return nil, err
	}
	result.RefreshToken = next
	return result, nil
}

// customizeRenewal asks PreTokenGeneration where there is one; then the session is known.
func (m *Minter) customizeRenewal(ctx context.Context, n *Renewal) (*trigger.Overrides, error) {
	if n.facts == nil {
		return nil, nil
	}
	return m.Customize(ctx, Customization{
		App: n.request.App, User: n.facts.user, Kind: n.facts.session.Kind, Scopes: n.facts.session.Scopes,
		Occasion: triggerevent.RefreshTokens, Metadata: n.request.Metadata,
	})
}
