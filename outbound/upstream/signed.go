package upstream

import (
	"context"
	"errors"
)

// ErrKeys is wrapped by errors that say that the keys of an issuer could not be read, so that nothing is known of a token.
var ErrKeys = errors.New("the issuer's keys cannot be read")

// CheckSignature verifies the signature of a token that somebody has brought, by the key of its issuer's key set that the token
// names. The caller has made sure that the issuer is one to be called, and judges the claims. Errors are *Error; those of issuers that
// cannot be reached, or answer something else than keys, wrap ErrKeys.
func (c *Client) CheckSignature(ctx context.Context, issuer, compact string) error {
	h, err := readHeader(compact)
	if err != nil {
		return err
	}
	found, err := c.discover(ctx, issuer, nil)
	if err != nil {
		return unread(err)
	}
	_, err = c.verifySignature(ctx, found.Keys, compact, h, nil)
	return unread(err)
}

// unread marks an error of fetching what an issuer publishes.
func unread(err error) error {
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.Check != "discovery" && failed.Check != "keys" {
		return err
	}
	marked := *failed
	marked.Err = errors.Join(ErrKeys, failed.Err)
	return &marked
}
