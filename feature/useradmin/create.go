package useradmin

import (
	"context"
	"errors"
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

	inv, err := s.judge(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := s.ask(ctx, inv, in); err != nil {
		return nil, err
	}

	if err := s.choosePassword(ctx, inv, in); err != nil {
		return nil, err
	}
	if err := s.compose(ctx, inv, in); err != nil {
		return nil, err
	}
	return inv.answer(s.commit(ctx, inv, in))
}

// invitation is a user who is being created, or whose temporary password is being replaced.
type invitation struct {
	pool     *pool.Pool
	box      *seal.Box
	user     *user.User       // as they will be stored, and from the commit on, as they are
	vouched  []string         // the contacts that only the PreSignUp trigger calls verified
	password string           // in the clear, for the message; empty when the user needs none
	change   *password.Change // nil when the user needs no password

	messages    []*message.Composed
	undelivered error // why a message could not be composed
}

// judge checks the request and makes the user in memory, with the sub that they will have.
func (s *Service) judge(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*invitation, error) {
	inv := &invitation{password: in.TemporaryPassword}
	given := attributes.Parse(in.UserAttributes)
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if inv.pool, err = access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		if inv.user, err = account.New(inv.pool, in.Username, given.Values, time.Time{}); err != nil { // created when stored
			return err
		}
		if err := account.CheckName(tx, inv.pool, inv.user); err != nil {
			return exists(err)
		}
		inv.box, err = s.Ring.Box(tx, inv.pool.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return inv, account.CheckNew(inv.pool, given, attributes.Invite)
}

// ask asks PreSignUp, which may refuse the user or call contacts verified, and does what it grants to the user in memory.
func (s *Service) ask(ctx context.Context, inv *invitation, in *cognitoidp.AdminCreateUserRequest) error {
	admission, err := s.Triggers.PreSignUp(ctx, trigger.Call{
		App:      access.App{Pool: inv.pool},
		Occasion: triggerevent.AdminCreateUser,
		Username: inv.user.Username,
		Metadata: in.ClientMetadata,
		Data:     trigger.Data(in.ValidationData),
	}, inv.user.Attributes)
	if err != nil {
		return err
	}

	for _, contact := range admission.Verify {
		if !inv.user.Verified(contact) {
			inv.vouched = append(inv.vouched, contact)
			account.Confirm(inv.user, contact)
		}
	}
	return nil
}

// choosePassword decides whether the user needs a temporary password, and computes it.
func (s *Service) choosePassword(ctx context.Context, inv *invitation, in *cognitoidp.AdminCreateUserRequest) error {
	inv.user.Status = cognitoidp.UserStatusTypeForceChangePassword
	if in.TemporaryPassword == "" && s.needsNoPassword(inv, in) {
		inv.user.Status = cognitoidp.UserStatusTypeConfirmed
		return nil
	}
	return s.temporary(ctx, inv)
}

// commit stores the user and queues their invitation. ForceAliasCreation takes over the aliases that the administrator calls
// verified; those that only the trigger does are never taken from another user.
func (s *Service) commit(ctx context.Context, inv *invitation, in *cognitoidp.AdminCreateUserRequest) error {
	prepared := inv.user
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err // deleted meanwhile
		}
		u := prepared.Clone() // the closure may run twice
		u.Created, u.Modified = tx.Now, tx.Now
		if inv.change != nil {
			inv.change.Apply(u, tx.Now)
		}
		for _, contact := range inv.vouched {
			if err := account.CheckAlias(tx, p, u, contact); err != nil {
				return err
			}
		}
		if err := account.Create(tx, p, u, in.ForceAliasCreation); err != nil {
			return exists(err)
		}
		inv.user = u
		return s.post(tx, inv)
	})
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
