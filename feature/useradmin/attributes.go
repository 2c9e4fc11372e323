package useradmin

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// AdminUpdateUserAttributes changes any attributes of a user; a blank value removes. A new e-mail address or phone number
// that the same call does not declare verified is treated as if the user had changed it
// (docs/cognito/accounts.md, "Changing an address").
func (s *Service) AdminUpdateUserAttributes(ctx context.Context, in *cognitoidp.AdminUpdateUserAttributesRequest) (*cognitoidp.AdminUpdateUserAttributesResponse, error) {
	given := attributes.Parse(in.UserAttributes)
	err := s.change(ctx, edited{in.UserPoolId, in.Username, in.ClientMetadata}, func(p *pool.Pool) (map[string]string, error) {
		if err := attributes.Check(p, given, attributes.Admin); err != nil {
			return nil, err
		}
		return given.Values, attributes.CheckCleared(p, given)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminUpdateUserAttributesResponse{}, nil
}

// AdminDeleteUserAttributes removes attributes of a user; custom ones are named with their prefix.
func (s *Service) AdminDeleteUserAttributes(ctx context.Context, in *cognitoidp.AdminDeleteUserAttributesRequest) (*cognitoidp.AdminDeleteUserAttributesResponse, error) {
	err := s.change(ctx, edited{in.UserPoolId, in.Username, nil}, func(p *pool.Pool) (map[string]string, error) {
		given := attributes.Cleared(in.UserAttributeNames)
		return given.Values, attributes.CheckRemovable(p, given, attributes.Admin)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminDeleteUserAttributesResponse{}, nil
}

// edited is a user whose attributes are to be changed.
type edited struct {
	pool, name string
	metadata   map[string]string // for the trigger that writes messages
}

// change writes the attributes that check accepts, and sends codes to new contacts. If the server has no sender for one,
// the change stays: the operation has no fault for it, and the user can ask for a code later.
func (s *Service) change(ctx context.Context, who edited, check func(*pool.Pool) (map[string]string, error)) error {
	// begin changes the user in memory and names the codes to be sent.
	begin := func(tx *db.Tx) (p *pool.Pool, u *user.User, codes []verification.Target, err error) {
		if p, u, err = account.Admin(tx, who.pool, who.name); err != nil {
			return nil, nil, nil, err
		}
		attrs, err := check(p)
		if err != nil {
			return nil, nil, nil, err
		}
		verify, err := account.Change(p, u, attrs)
		if err != nil {
			return nil, nil, nil, err
		}
		account.Vouch(u)
		if len(verify) == 0 {
			return p, u, nil, nil
		}
		codes, err = s.codes(tx, p, u, verify)
		for i := range codes {
			codes[i].Metadata = who.metadata
		}
		return p, u, codes, err
	}
	plan := func(tx *db.Tx) ([]verification.Target, error) {
		_, _, codes, err := begin(tx)
		return codes, err
	}
	return s.Codes.Change(ctx, plan, func(tx *db.Tx, post verification.Poster) error {
		p, u, codes, err := begin(tx)
		if err != nil {
			return err
		}
		u.Touch(tx.Now)
		if err := account.Save(tx, p, u, false); err != nil {
			return err
		}
		for _, t := range codes {
			if _, err := post(t); err != nil && !errors.Is(err, message.ErrNoSender) {
				return err
			}
		}
		return nil
	})
}

// codes are those that verify new contacts of a user.
func (s *Service) codes(tx *db.Tx, p *pool.Pool, u *user.User, contacts []string) ([]verification.Target, error) {
	box, err := s.Ring.Box(tx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("open pool's box: %w", err)
	}
	codes := make([]verification.Target, 0, len(contacts))
	for _, contact := range contacts {
		codes = append(codes, verification.Target{
			App:       access.App{Pool: p, Box: box},
			User:      u,
			Purpose:   verification.Attribute,
			Attribute: contact,
			Kind:      message.UpdateUserAttribute,
		})
	}
	return codes, nil
}
