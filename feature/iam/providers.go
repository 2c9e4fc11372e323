package iam

import (
	"context"
	"errors"

	"cardea/platform/db"
	"cardea/record/trustprovider"
	"cardea/spec/iam"
)

// provider reads a provider of a kind, with the fault of a missing one.
func (s *Service) provider(ctx context.Context, kind trustprovider.Kind, arn string) (p *trustprovider.Provider, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = findProvider(tx, kind, arn)
		return err
	})
	return p, noProvider(err, kind, arn)
}

// providers reads all providers of a kind, in the order of their ARNs.
func (s *Service) providers(ctx context.Context, kind trustprovider.Kind) (list []*trustprovider.Provider, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = trustprovider.List(tx, kind)
		return err
	})
	return list, err
}

// changeProvider reads a provider of a kind, lets do change it, and writes it.
func (s *Service) changeProvider(ctx context.Context, kind trustprovider.Kind, arn string, do func(doc *trustprovider.Doc) error) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := findProvider(tx, kind, arn)
		if err != nil {
			return err
		}
		if err := do(&p.Doc); err != nil {
			return err
		}
		return trustprovider.Update(tx, p)
	})
	return noProvider(err, kind, arn)
}

// deleteProvider removes a provider of a kind, or answers db.ErrNotFound.
func (s *Service) deleteProvider(ctx context.Context, kind trustprovider.Kind, arn string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := findProvider(tx, kind, arn); err != nil {
			return err
		}
		return trustprovider.Delete(tx, arn)
	})
}

// findProvider reads a provider of a kind, or answers db.ErrNotFound.
func findProvider(tx *db.Tx, kind trustprovider.Kind, arn string) (*trustprovider.Provider, error) {
	p, err := trustprovider.Get(tx, arn)
	if err == nil && p.Kind != kind {
		return nil, db.ErrNotFound
	}
	return p, err
}

// noProvider words db.ErrNotFound.
func noProvider(err error, kind trustprovider.Kind, arn string) error {
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	if kind == trustprovider.SAML {
		return iam.NoSuchEntity("Manifest not found for arn " + arn)
	}
	return iam.NoSuchEntity("OpenIDConnect Provider not found for arn " + arn)
}
