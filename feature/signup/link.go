package signup

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/lockout"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// ErrLink says that a link confirms nobody: it is wrong or has expired, it was used, or a newer one has replaced it. Which of
// these, and whether there is such a user, must not be told.
var ErrLink = errors.New("a link that confirms nobody")

// Link is what a link of CONFIRM_WITH_LINK names.
type Link struct {
	Pool                   id.Pool // whose site it led to; empty: to none
	Client, Username, Code string
}

// AppName is the name of the app that a link names; empty if there is no such app, or its pool is not the site's.
func (s *Service) AppName(ctx context.Context, link Link) (name string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.Apps.Find(tx, link.Client)
		if _, unknown := errors.AsType[*access.UnknownError](err); unknown || err == nil && link.foreign(a) {
			return nil
		}
		if err == nil {
			name = a.Client.Doc.ClientName
		}
		return err
	})
	return name, err
}

// foreign reports whether a link led to the site of another pool than its app's.
func (l Link) foreign(a access.App) bool { return l.Pool != "" && l.Pool != a.Pool.ID }

// ConfirmByLink does as ConfirmSignUp for somebody who followed a link. A browser has no secret of the app's to prove: the
// code is proof enough, as it would be without the app. Its errors besides failures are ErrLink, lockout.ErrRateLimited,
// *account.TakenError for a right code of an address that is another's by now, and *trigger.Error, with which the account is
// confirmed all the same.
func (s *Service) ConfirmByLink(ctx context.Context, link Link) error {
	var c *confirmation
	err := verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		a, err := s.app(tx, link.Client, nil)
		if err != nil {
			return err
		}
		if link.foreign(a.App) {
			return ErrLink
		}
		a.source = lockout.FromBrowser(ctx, a.Client)
		c, err = s.confirm(tx, a, &cognitoidp.ConfirmSignUpRequest{Username: link.Username, ConfirmationCode: link.Code})
		return err
	})
	if refusesLink(err) {
		return ErrLink
	}
	if err != nil {
		return err
	}
	return s.tell(ctx, c.App, c.user, nil)
}

// refusesLink reports whether an error of a confirmation means that the link is not good.
func refusesLink(err error) bool {
	if _, unknown := errors.AsType[*access.UnknownError](err); unknown {
		return true
	}
	if _, fault := errors.AsType[*awsjson.Fault](err); fault {
		return true
	}
	return errors.Is(err, account.ErrDisabled) || errors.Is(err, verification.ErrMismatch) || errors.Is(err, verification.ErrExpired) || errors.Is(err, verification.ErrTooMany)
}
