package migration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// create creates the user whom the function has found, in one transaction, unless somebody else was faster. What keeps the
// user from being created, an attribute or an alias that is another's, is an *Error of trigger: the function's answer is at
// fault.
func (m *Migrator) create(ctx context.Context, r Request, migrant *trigger.Migrant) (*Fetched, error) {
	u, err := describe(r, migrant)
	if err != nil {
		return nil, unusable(err)
	}
	var change *password.Change // a password that has to be reset is not kept
	if r.Password != "" && u.Status == cognitoidp.UserStatusTypeConfirmed {
		if change, err = m.Passwords.Prepare(ctx, r.Box, r.Pool, u, password.Choice{Password: r.Password}); err != nil {
			return nil, fmt.Errorf("hash the password of a migrated user: %w", err)
		}
	}
	invitations := m.invitations(ctx, r, u, migrant)

	var fetched *Fetched
	err = m.DB.Write(ctx, func(tx *db.Tx) (err error) {
		fetched, err = r.store(tx, u.Clone(), change, migrant.MoveAlias) // a clone: the closure may run twice
		if err != nil || !fetched.Created {
			return err
		}
		return m.invite(tx, invitations)
	})
	if taken, ok := errors.AsType[*account.TakenError](err); ok {
		return nil, unusable(taken)
	}
	return fetched, err
}

// store stores the user, unless somebody has the name by now. change is their password; nil: they have none.
func (r Request) store(tx *db.Tx, u *user.User, change *password.Change, moveAlias bool) (*Fetched, error) {
	p, _, err := access.PoolClient(tx, string(r.Pool.ID), string(r.Client.ID)) // they may have been deleted meanwhile
	if err != nil {
		return nil, err
	}
	first, err := account.Find(tx, p, r.Name)
	if err == nil {
		return &Fetched{User: first}, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return nil, fmt.Errorf("find user: %w", err)
	}

	u.Created, u.Modified, u.PasswordSet = tx.Now, tx.Now, tx.Now
	if change != nil {
		change.Apply(u, tx.Now)
	}
	return &Fetched{User: u, Created: true}, account.Create(tx, p, u, moveAlias)
}

// describe makes the user in memory, without a password.
func describe(r Request, migrant *trigger.Migrant) (*user.User, error) {
	if err := account.CheckFlags(nil, migrant.Attributes); err != nil {
		return nil, err
	}
	u, err := account.New(r.Pool, r.Name, migrant.Attributes, time.Time{}) // created when stored
	if err != nil {
		return nil, err
	}
	u.Status = migrant.Status
	if migrant.SMSMFA {
		return u, requireTexts(r.Pool, u)
	}
	return u, nil
}

// errNoTexts says that a user cannot have text messages as second factor.
var errNoTexts = errors.New("enableSMSMFA needs a phone number, and a pool that has MFA by text messages")

// requireTexts makes text messages the user's second factor. Without them the user is not created: whoever wants a second
// factor does not want the user to sign in without.
func requireTexts(p *pool.Pool, u *user.User) error {
	i := slices.IndexFunc(factor.Seconds, func(f *factor.Factor) bool { return f.Setting == cognitoidp.ChallengeNameTypeSmsMfa })
	texts := factor.Seconds[i]
	if p.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOff || !texts.Grantable(p, u) {
		return errNoTexts
	}
	texts.Set(&u.MFA, true)
	return nil
}

// unusable says that a function has answered with a user who cannot be created.
func unusable(err error) error {
	return &trigger.Error{Trigger: triggerevent.UserMigration, Kind: trigger.Invalid, Err: err}
}

// invitations composes the invitation, for the mediums that the function wants and the user has an address for. One that
// shows the password is not sent: there is no temporary one, and the user's own has no place in a message. A user who cannot
// be written to is migrated all the same.
func (m *Migrator) invitations(ctx context.Context, r Request, u *user.User, migrant *trigger.Migrant) (all []*message.Composed) {
	if !migrant.Invite {
		return nil
	}
	contacts := slices.DeleteFunc(slices.Clone(account.Contacts), func(contact string) bool {
		return u.Attributes[contact] == "" || !slices.Contains(migrant.Mediums, medium(contact))
	})
	invitation := message.Message{
		App: access.App{Pool: r.Pool, Box: r.Box}, Kind: message.AdminCreateUser,
		Username: account.SignInName(u, u.Username), User: u, Metadata: r.Metadata,
	}
	texts, err := m.Outbox.Texts(ctx, invitation, contacts...)
	if err != nil {
		m.uninvited(ctx, r, err)
		return nil
	}
	invitation.Texts = &texts
	for _, contact := range contacts {
		invitation.Attribute, invitation.To = contact, u.Attributes[contact]
		if invitation.ShowsCode() {
			continue
		}
		composed, err := m.Outbox.Compose(ctx, invitation)
		if err != nil {
			m.uninvited(ctx, r, err)
			continue
		}
		all = append(all, composed)
	}
	return all
}

// invite posts the invitations, but for those that would be too many.
func (m *Migrator) invite(tx *db.Tx, invitations []*message.Composed) error {
	for _, composed := range invitations {
		if err := m.Outbox.Post(tx, composed); err != nil && !errors.Is(err, message.ErrLimit) {
			return err
		}
	}
	return nil
}

// medium is what reaches a contact.
func medium(contact string) string {
	if contact == user.NamePhoneNumber {
		return cognitoidp.DeliveryMediumTypeSms
	}
	return cognitoidp.DeliveryMediumTypeEmail
}

func (m *Migrator) uninvited(ctx context.Context, r Request, err error) {
	if m.Log != nil {
		m.Log.WarnContext(ctx, "a migrated user is not invited", "pool", r.Pool.ID, "error", err)
	}
}
