package federation

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/authcode"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// own is the name of the pool itself where an operation names a provider.
const own = "Cognito"

// AdminLinkProviderForUser makes an identity at a provider that of a user, who may have come from a provider, too. Nobody may have
// signed in with it yet, but for the sign-in that is asking PreSignUp now: it goes on as the user.
func (s *Service) AdminLinkProviderForUser(ctx context.Context, in *cognitoidp.AdminLinkProviderForUserRequest) (*cognitoidp.AdminLinkProviderForUserResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		linked, err := readSource(tx, p, in.SourceUser)
		if err != nil {
			return err
		}
		u, err := destination(tx, p, in.DestinationUser)
		if err != nil {
			return err
		}
		if err := checkSource(tx, p, u, linked.Key); err != nil {
			return err
		}

		if err := identity.Link(tx, u, linked); err != nil {
			return merging(u, err)
		}
		u.Touch(tx.Now)
		return account.Save(tx, p, u, false)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminLinkProviderForUserResponse{}, nil
}

// destination finds the user with whom an identity is to be linked.
func destination(tx *db.Tx, p *pool.Pool, named *cognitoidp.ProviderUserIdentifierType) (*user.User, error) {
	if named.ProviderName == "" || named.ProviderAttributeValue == "" {
		return nil, cognitoidp.InvalidParameter("Invalid DestinationUser: ProviderName and ProviderAttributeValue are required")
	}
	u, err := findDestination(tx, p, named)
	if errors.Is(err, db.ErrNotFound) {
		return nil, account.ErrNoUser
	}
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	if fixed := identity.Fixed(p, u); fixed != "" {
		return nil, cognitoidp.InvalidParameter("Invalid DestinationUser: the attribute " + fixed + " of the user is immutable")
	}
	return u, nil
}

func findDestination(tx *db.Tx, p *pool.Pool, named *cognitoidp.ProviderUserIdentifierType) (*user.User, error) {
	if named.ProviderName == own {
		return account.Find(tx, p, named.ProviderAttributeValue)
	}
	found, err := identity.Find(tx, p, identity.Arrival{Provider: named.ProviderName, Subject: named.ProviderAttributeValue})
	if err != nil {
		return nil, err
	}
	return user.Get(tx, p.ID, found.Sub)
}

// merging words that an identity is a user's already.
func merging(u *user.User, err error) error {
	linked, ok := errors.AsType[*identity.LinkedError](err)
	switch {
	case ok && linked.Primary:
		return cognitoidp.InvalidParameter("Merging is not currently supported, provide a SourceUser that has not been signed up in order to link")
	case ok && linked.Sub == u.Sub:
		return cognitoidp.InvalidParameter("SourceUser is already linked to DestinationUser")
	}
	return err
}

// AdminDisableProviderForUser ends a link, or a user's own way to sign in. What the single sign-on sessions of the user came of is
// not looked at: all of them end, and codes that were not redeemed are void. Tokens stay, as they do when a password is changed.
func (s *Service) AdminDisableProviderForUser(ctx context.Context, in *cognitoidp.AdminDisableProviderForUserRequest) (*cognitoidp.AdminDisableProviderForUserResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		u, err := disabled(tx, p, in.User)
		if err != nil || u == nil {
			return err
		}
		u.Touch(tx.Now)
		if err := account.Save(tx, p, u, false); err != nil {
			return err
		}
		if err := authcode.DeleteUser(tx, p.ID, u.Sub); err != nil {
			return fmt.Errorf("void codes: %w", err)
		}
		return account.EndAllSSO(tx, p.ID, u.Sub)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminDisableProviderForUserResponse{}, nil
}

// disabled gives the user who is named, changed in memory; nil when there is nothing to change.
func disabled(tx *db.Tx, p *pool.Pool, named *cognitoidp.ProviderUserIdentifierType) (*user.User, error) {
	if named.ProviderName == "" || named.ProviderAttributeName == "" || named.ProviderAttributeValue == "" {
		return nil, cognitoidp.InvalidParameter("Invalid User: ProviderName, ProviderAttributeName and ProviderAttributeValue are required")
	}
	if named.ProviderName == own {
		return withoutPassword(tx, p, named)
	}
	key := identity.KeyOf(p, named.ProviderName, named.ProviderAttributeName, named.ProviderAttributeValue)
	u, err := identity.UserOf(tx, p.ID, key)
	if errors.Is(err, db.ErrNotFound) {
		return nil, account.ErrNoUser
	}
	if err != nil {
		return nil, err
	}
	return u, identity.Unlink(tx, u, key)
}

// withoutPassword gives a user who can sign in by providers alone from now on, or whenever an administrator sets a password.
func withoutPassword(tx *db.Tx, p *pool.Pool, named *cognitoidp.ProviderUserIdentifierType) (*user.User, error) {
	if named.ProviderAttributeName != linkedidentity.Subject {
		return nil, cognitoidp.InvalidParameter("Invalid User: ProviderAttributeName must be " + linkedidentity.Subject)
	}
	u, err := account.Find(tx, p, named.ProviderAttributeValue)
	if errors.Is(err, db.ErrNotFound) {
		return nil, account.ErrNoUser
	}
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	if u.Status == cognitoidp.UserStatusTypeExternalProvider {
		return nil, nil
	}
	return u, account.Detach(tx, u)
}
