package useradmin

import (
	"context"
	"errors"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// maxResends is how often resend begins again because the user has changed meanwhile.
const maxResends = 5

// errChanged says that an invitation was composed for another user, or for other addresses, than it would be by now.
var errChanged = errors.New("who is invited has changed meanwhile")

// resend gives a user who still has a temporary password a new one. Its validity begins anew.
func (s *Service) resend(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*cognitoidp.AdminCreateUserResponse, error) {
	var inv *invitation
	err := errChanged
	for try := 0; try < maxResends && errors.Is(err, errChanged); try++ {
		inv, err = s.inviteAgain(ctx, in)
	}
	return inv.answer(err)
}

// inviteAgain stores a new temporary password and queues the invitation. It answers errChanged when a message would go to an
// address that is not the user's by now: an administrator may change it while the trigger that writes the message is asked.
func (s *Service) inviteAgain(ctx context.Context, in *cognitoidp.AdminCreateUserRequest) (*invitation, error) {
	inv := &invitation{password: in.TemporaryPassword}
	load := func(tx *db.Tx) error { return s.loadInvited(tx, inv, in) }
	if err := s.DB.Read(ctx, load); err != nil {
		return nil, err
	}
	invited := inv.user
	if err := s.temporary(ctx, inv); err != nil {
		return nil, err
	}
	if err := s.compose(ctx, inv, in); err != nil {
		return nil, err
	}

	return inv, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := load(tx); err != nil {
			return err
		}
		if !sameContacts(inv.user, invited) {
			return errChanged
		}
		inv.change.Apply(inv.user, tx.Now)
		inv.user.Touch(tx.Now)
		if err := account.SaveCredentials(tx, inv.user); err != nil {
			return err
		}
		return s.post(tx, inv)
	})
}

// loadInvited finds the user, who must not have signed in yet.
func (s *Service) loadInvited(tx *db.Tx, inv *invitation, in *cognitoidp.AdminCreateUserRequest) (err error) {
	if inv.pool, inv.user, err = account.Admin(tx, in.UserPoolId, in.Username); err != nil {
		return err
	}
	if inv.user.Status != cognitoidp.UserStatusTypeForceChangePassword {
		return cognitoidp.UnsupportedUserState("Resend not possible. " + in.Username + " status is not FORCE_CHANGE_PASSWORD")
	}
	inv.box, err = s.Ring.Box(tx, inv.pool.ID)
	return err
}

// sameContacts tells whether both are one user, with the same addresses.
func sameContacts(a, b *user.User) bool {
	for _, contact := range account.Contacts {
		if a.Attributes[contact] != b.Attributes[contact] {
			return false
		}
	}
	return a.Sub == b.Sub
}
