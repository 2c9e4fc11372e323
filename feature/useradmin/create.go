package useradmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// AdminCreateUser creates a user with a temporary password and sends it to them, or sends a new one to a user who has not
// signed in yet. A user who can sign in with codes alone needs no password.
func (s *Service) AdminCreateUser(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*cognitoidp.AdminCreateUserResponse, error) {
	if in.MessageAction == cognitoidp.MessageActionTypeResend {
		return s.resend(ctx, in)
	}

	inv, err := s.prepare(ctx, in)
	if err != nil {
		return nil, err
	}

	if err := s.compose(ctx, inv, in); err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err // deleted meanwhile
		}
		inv.user.Created, inv.user.Modified = tx.Now, tx.Now
		if inv.change != nil {
			inv.change.Apply(inv.user, tx.Now)
		}
		if err := account.Create(tx, inv.pool, inv.user, in.ForceAliasCreation); err != nil {
			return exists(err)
		}
		return s.post(tx, inv)
	})
	return inv.answer(err)
}

// invitation is a user who is being created, or whose temporary password is being replaced.
type invitation struct {
	pool     *pool.Pool
	box      *seal.Box
	user     *user.User
	password string           // in the clear, for the message; empty when the user needs none
	change   *password.Change // nil when the user needs no password

	messages    []*message.Composed
	undelivered error // why a message could not be composed
}

// prepare checks the request and computes the temporary password.
func (s *Service) prepare(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*invitation, error) {
	inv := &invitation{password: in.TemporaryPassword}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if inv.pool, err = access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		attribute, err := attributes.CheckUsername(inv.pool, in.Username)
		if err != nil {
			return err
		}
		switch _, err := account.Find(tx, inv.pool, in.Username); {
		case err == nil:
			return exists(&account.TakenError{Kind: cmp.Or(attribute, user.NameUsername)})
		case !errors.Is(err, db.ErrNotFound):
			return fmt.Errorf("find user: %w", err)
		}
		inv.box, err = s.Ring.Box(tx, inv.pool.ID)
		return err
	})
	if err != nil {
		return nil, err
	}

	given := attributes.Parse(in.UserAttributes)
	if err := account.CheckNew(inv.pool, given, attributes.Invite); err != nil {
		return nil, err
	}
	if inv.user, err = account.New(inv.pool, in.Username, given.Values, time.Time{}); err != nil { // created when stored
		return nil, err
	}
	if err := trigger.Refuse(inv.pool.Doc.LambdaConfig, triggerevent.PreSignUp); err != nil {
		return nil, err
	}

	inv.user.Status = cognitoidp.UserStatusTypeForceChangePassword
	if in.TemporaryPassword == "" && s.needsNoPassword(inv, in) {
		inv.user.Status = cognitoidp.UserStatusTypeConfirmed
		return inv, nil
	}
	return inv, s.temporary(ctx, inv)
}

// temporary computes the temporary password, drawing one if the administrator gave none.
func (s *Service) temporary(ctx context.Context, inv *invitation) (err error) {
	if inv.password == "" {
		inv.password = password.Generate(inv.pool)
	}
	inv.change, err = s.Passwords.Prepare(ctx, inv.box, inv.pool, inv.user, password.Choice{Password: inv.password, Policy: true})
	return err
}

// needsNoPassword tells whether the user can sign in with codes alone from the start: a contact that the pool sends such
// codes to is verified, and no invitation is sent that has a placeholder for a password (docs/cognito/accounts.md, "Sign-up").
func (s *Service) needsNoPassword(inv *invitation, in *cognitoidp.AdminCreateUserRequest) bool {
	reachable := slices.ContainsFunc(account.Contacts, func(contact string) bool {
		return factor.ByCode(inv.pool, contact) && inv.user.Verified(contact)
	})
	return reachable && !slices.ContainsFunc(s.recipients(inv, in), inv.showsPassword)
}

// resend gives a user who still has a temporary password a new one. Its validity begins anew.
func (s *Service) resend(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*cognitoidp.AdminCreateUserResponse, error) {
	inv := &invitation{password: in.TemporaryPassword}
	load := func(tx *db.Tx) (err error) {
		if inv.pool, inv.user, err = account.Admin(tx, in.UserPoolId, in.Username); err != nil {
			return err
		}
		if inv.user.Status != cognitoidp.UserStatusTypeForceChangePassword {
			return cognitoidp.UnsupportedUserState(
				"Resend not possible. " + in.Username + " status is not FORCE_CHANGE_PASSWORD")
		}
		inv.box, err = s.Ring.Box(tx, inv.pool.ID)
		return err
	}
	if err := s.DB.Read(ctx, load); err != nil {
		return nil, err
	}
	if err := s.temporary(ctx, inv); err != nil {
		return nil, err
	}
	if err := s.compose(ctx, inv, in); err != nil {
		return nil, err
	}

	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := load(tx); err != nil {
			return err
		}
		inv.change.Apply(inv.user, tx.Now)
		inv.user.Touch(tx.Now)
		if err := account.SaveCredentials(tx, inv.user); err != nil {
			return err
		}
		return s.post(tx, inv)
	})
	return inv.answer(err)
}

// answer makes the answer to both kinds of request. The user exists also when no message could be sent.
func (inv *invitation) answer(err error) (*cognitoidp.AdminCreateUserResponse, error) {
	if err != nil {
		return nil, err
	}
	if inv.undelivered != nil {
		return nil, inv.undelivered
	}
	return &cognitoidp.AdminCreateUserResponse{User: new(account.Describe(inv.user, inv.user.Attributes))}, nil
}

// exists gives this operation's own fault for a user name that is taken.
func exists(err error) error {
	if taken, ok := errors.AsType[*account.TakenError](err); ok && taken.Kind == user.NameUsername {
		return cognitoidp.UsernameExists("User account already exists")
	}
	return err
}
