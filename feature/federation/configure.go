package federation

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// maxProviders is how many identity providers a pool has at most.
const maxProviders = 300

// draft is a provider as it is to be stored.
type draft struct {
	*provider.Provider
	secrets  secrets
	metadata *provider.Metadata // of a SAML provider
	renewed  bool               // metadata are others than those that are stored
}

// settings are what an operation is told of a provider; nil is what it is not told.
type settings struct {
	details, mapping, levels map[string]string
	identifiers              []string
}

// CreateIdentityProvider adds an identity provider to a pool.
func (s *Service) CreateIdentityProvider(ctx context.Context, in *cognitoidp.CreateIdentityProviderRequest) (*cognitoidp.CreateIdentityProviderResponse, error) {
	var owner *pool.Pool
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		owner, err = access.Pool(tx, in.UserPoolId)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := checkName(in.ProviderName, in.ProviderType); err != nil {
		return nil, err
	}
	d := &draft{Provider: &provider.Provider{Pool: owner.ID, Name: in.ProviderName}}
	d.Doc.ProviderType = in.ProviderType
	given := settings{in.ProviderDetails, orEmpty(in.AttributeMapping), in.AcrMapping, in.IdpIdentifiers}
	if given.identifiers == nil {
		given.identifiers = []string{}
	}
	if err := s.apply(ctx, d, owner, given); err != nil {
		return nil, err
	}

	out := &cognitoidp.CreateIdentityProviderResponse{}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		d.Doc.CreationDate = awsjson.At(tx.Now)
		if err := s.insert(tx, d); err != nil {
			return err
		}
		out.IdentityProvider = s.describe(d.Provider, d.secrets, d.metadata)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateIdentityProvider changes what it is told of a provider. The details are replaced as a whole, but for secrets that are not
// given; all else that is not given stays.
func (s *Service) UpdateIdentityProvider(ctx context.Context, in *cognitoidp.UpdateIdentityProviderRequest) (*cognitoidp.UpdateIdentityProviderResponse, error) {
	var owner *pool.Pool
	var d *draft
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if owner, err = access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		if in.ProviderName == client.Local {
			return cognitoidp.UnsupportedIdentityProvider("Provider " + client.Local + " cannot be changed.")
		}
		d, err = s.load(tx, owner.ID, in.ProviderName)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.apply(ctx, d, owner, settings{in.ProviderDetails, in.AttributeMapping, in.AcrMapping, in.IdpIdentifiers}); err != nil {
		return nil, err
	}

	out := &cognitoidp.UpdateIdentityProviderResponse{}
	version := d.Version
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		d.Version = version
		if _, err := provider.Get(tx, owner.ID, in.ProviderName); err != nil {
			return found(err, in.ProviderName)
		}
		if err := s.store(tx, d, provider.Update); err != nil {
			return err
		}
		out.IdentityProvider = s.describe(d.Provider, d.secrets, d.metadata)
		return nil
	})
	if errors.Is(err, db.ErrStale) {
		return nil, cognitoidp.ConcurrentModification("Identity provider " + in.ProviderName + " was changed at the same time.")
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteIdentityProvider removes an identity provider. Its users stay, and so does its name in the settings of app clients, which
// offer it no longer.
func (s *Service) DeleteIdentityProvider(ctx context.Context, in *cognitoidp.DeleteIdentityProviderRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if in.ProviderName == client.Local {
			return cognitoidp.UnsupportedIdentityProvider("Provider " + client.Local + " cannot be deleted.")
		}
		return found(provider.Delete(tx, owner.ID, in.ProviderName), in.ProviderName)
	})
}

// apply changes a draft to what an operation is told.
func (s *Service) apply(ctx context.Context, d *draft, owner *pool.Pool, given settings) (err error) {
	kind := d.Doc.ProviderType
	if given.mapping != nil {
		if d.Doc.AttributeMapping, err = mapping(owner, kind, given.mapping); err != nil {
			return err
		}
	}
	if given.identifiers != nil {
		if err := checkIdentifiers(given.identifiers); err != nil {
			return err
		}
		d.Doc.IdpIdentifiers = given.identifiers
	}
	if given.levels != nil {
		if err := checkLevels(kind, given.levels); err != nil {
			return err
		}
		d.Doc.AcrMapping = given.levels
	}
	if given.details == nil {
		return nil
	}
	details := d.withoutFound(d.withSecrets(given.details))
	if err := s.checkDetails(kind, details); err != nil {
		return err
	}
	d.secrets.Client, d.secrets.Private = details["client_secret"], details["private_key"]
	d.Doc.ProviderDetails = kept(kind, details)
	return s.findOut(ctx, d, details)
}

// withSecrets adds the secrets that the provider has to details that do not name them.
func (d *draft) withSecrets(details map[string]string) map[string]string {
	all := map[string]string{}
	for name, value := range map[string]string{"client_secret": d.secrets.Client, "private_key": d.secrets.Private} {
		if value != "" {
			all[name] = value
		}
	}
	maps.Copy(all, details)
	return all
}

// withoutFound leaves out of details those that are given back as they have been found out.
func (d *draft) withoutFound(details map[string]string) map[string]string {
	maps.DeleteFunc(details, func(name, value string) bool {
		known, found := d.Found[name]
		return found && value == known
	})
	return details
}

// insert adds a new provider.
func (s *Service) insert(tx *db.Tx, d *draft) error {
	n, err := provider.Count(tx, d.Pool)
	if err != nil {
		return fmt.Errorf("count identity providers: %w", err)
	}
	if n >= maxProviders {
		return cognitoidp.LimitExceeded(fmt.Sprintf("A user pool cannot have more than %d identity providers.", maxProviders))
	}
	err = s.store(tx, d, provider.Insert)
	if errors.Is(err, db.ErrExists) {
		return cognitoidp.DuplicateProvider(d.Name + " already exists in user pool " + string(d.Pool))
	}
	return err
}

// store writes a draft.
func (s *Service) store(tx *db.Tx, d *draft, write func(*db.Tx, *provider.Provider) error) error {
	box, err := s.Ring.Box(tx, d.Pool)
	if err != nil {
		return fmt.Errorf("get the pool's key: %w", err)
	}
	if err := d.secrets.seal(box, d.Provider); err != nil {
		return err
	}
	d.Doc.LastModifiedDate = awsjson.At(tx.Now)
	err = write(tx, d.Provider)
	if taken, ok := errors.AsType[*provider.IdentifierError](err); ok {
		return cognitoidp.InvalidParameter("The identifier " + taken.Identifier + " is already in use by another identity provider.")
	}
	if err != nil || !d.renewed {
		return err
	}
	return provider.PutMetadata(tx, d.metadata)
}

// load reads a provider with all that belongs to it.
func (s *Service) load(tx *db.Tx, owner id.Pool, name string) (*draft, error) {
	p, err := provider.Get(tx, owner, name)
	if err != nil {
		return nil, found(err, name)
	}
	return s.complete(tx, p)
}

// complete adds to a provider all that belongs to it.
func (s *Service) complete(tx *db.Tx, p *provider.Provider) (*draft, error) {
	box, err := s.Ring.Box(tx, p.Pool)
	if err != nil {
		return nil, fmt.Errorf("get the pool's key: %w", err)
	}
	d := &draft{Provider: p}
	if d.secrets, err = unseal(box, p); err != nil {
		return nil, err
	}
	if p.Doc.ProviderType == cognitoidp.IdentityProviderTypeTypeSaml {
		if d.metadata, err = provider.GetMetadata(tx, p.Pool, p.Name); err != nil {
			return nil, fmt.Errorf("get metadata of identity provider: %w", err)
		}
	}
	return d, nil
}

func orEmpty(given map[string]string) map[string]string {
	if given == nil {
		return map[string]string{}
	}
	return given
}
