package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"cardea/outbound/upstream"
	"cardea/spec/cognitoidp"
)

// findOut adds to a draft what follows from its details and has to be looked up or made. It is called outside of transactions.
func (s *Service) findOut(ctx context.Context, d *draft, given map[string]string) error {
	switch d.Doc.ProviderType {
	case cognitoidp.IdentityProviderTypeTypeSaml:
		return s.describeSAML(ctx, d, given)
	case cognitoidp.IdentityProviderTypeTypeOidc:
		return s.discover(ctx, d, given)
	}
	return nil
}

// discover finds the addresses of an OIDC provider that are not given. They are shown; a sign-in asks for them again.
func (s *Service) discover(ctx context.Context, d *draft, given map[string]string) error {
	d.Found = nil
	needed := given["authorize_url"] == "" || given["token_url"] == "" || given["jwks_uri"] == ""
	if !needed && given["attributes_url"] != "" {
		return nil
	}
	told, err := s.endpoints(ctx, given["oidc_issuer"])
	if failed, ok := errors.AsType[*upstream.Error](err); ok && needed {
		return cognitoidp.InvalidParameter(strings.TrimSpace(failed.Word + ". " + failed.Advice))
	}
	if err != nil && needed {
		return fmt.Errorf("discover endpoints of identity provider: %w", err)
	}
	d.Found = map[string]string{
		"authorize_url": told.Authorize, "token_url": told.Token, "attributes_url": told.UserInfo, "jwks_uri": told.Keys,
	}
	if told.Issuer != given["oidc_issuer"] {
		d.Found["oidc_issuer"] = told.Issuer
	}
	maps.DeleteFunc(d.Found, func(name, address string) bool {
		return address == "" || given[name] != "" && name != "oidc_issuer"
	})
	return nil
}

// endpoints are what an issuer says of itself. Some call themselves by a name that ends with a slash, which Cognito does not let into
// oidc_issuer: the provider is then known by the name that it has (docs/cognito/federation.md, "Tokens").
func (s *Service) endpoints(ctx context.Context, issuer string) (upstream.Endpoints, error) {
	told, err := s.Upstream.Discover(ctx, issuer)
	if err == nil {
		return told, nil
	}
	if told, slashed := s.Upstream.Discover(ctx, issuer+"/"); slashed == nil {
		return told, nil
	}
	return upstream.Endpoints{}, err
}
