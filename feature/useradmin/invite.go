package useradmin

import (
	"context"
	"errors"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/message"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// compose composes the messages with the temporary password. The trigger that writes them is asked once for all of them. A
// message without the password's placeholder is not sent to a user who needs the password, as in Cognito. If the server has
// no sender for a medium, undelivered says so.
func (s *Service) compose(ctx context.Context, inv *invitation, in *cognitoidp.AdminCreateUserRequest) error {
	contacts := s.recipients(inv, in)
	m := message.Message{
		App:      access.App{Pool: inv.pool, Box: inv.box},
		Kind:     message.AdminCreateUser,
		Code:     inv.password,
		Username: signInName(inv.user),
		User:     inv.user,
		Metadata: in.ClientMetadata,
	}
	texts, err := s.Codes.Outbox.Texts(ctx, m, contacts...)
	if err != nil {
		return err
	}
	m.Texts = &texts
	for _, contact := range contacts {
		m.Attribute, m.To = contact, inv.user.Attributes[contact]
		if inv.password != "" && !m.ShowsCode() {
			continue
		}
		composed, err := s.Codes.Outbox.Compose(ctx, m)
		switch {
		case errors.Is(err, message.ErrNoSender):
			inv.undelivered = err
		case err != nil:
			return err
		default:
			inv.messages = append(inv.messages, composed)
		}
	}
	return nil
}

// post queues the messages.
func (s *Service) post(tx *db.Tx, inv *invitation) error {
	for _, composed := range inv.messages {
		if err := s.Codes.Outbox.Post(tx, composed); err != nil {
			return err
		}
	}
	return nil
}

// showsPassword tells whether the pool's invitation to a contact has a placeholder for the password.
func (inv *invitation) showsPassword(contact string) bool {
	return message.Message{App: access.App{Pool: inv.pool}, Kind: message.AdminCreateUser, Attribute: contact}.ShowsCode()
}

// recipients chooses the contacts that the invitation goes to: by the mediums asked for, else the phone number, which is
// Cognito's default, or the e-mail address when there is no phone number or no way to reach it. Users without contacts
// get no message.
func (s *Service) recipients(inv *invitation, in *cognitoidp.AdminCreateUserRequest) []string {
	if in.MessageAction == cognitoidp.MessageActionTypeSuppress {
		return nil
	}
	has := func(contact string) bool { return inv.user.Attributes[contact] != "" }
	if mediums := in.DesiredDeliveryMediums; len(mediums) > 0 {
		return slices.DeleteFunc(slices.Clone(account.Contacts), func(contact string) bool {
			return !has(contact) || !slices.Contains(mediums, medium(contact))
		})
	}

	reachable := func(contact string) bool { return has(contact) && s.Codes.Outbox.Ready(inv.pool, contact) == nil }
	switch {
	case reachable("phone_number"):
		return []string{"phone_number"}
	case has("email"):
		return []string{"email"}
	case has("phone_number"):
		return []string{"phone_number"}
	}
	return nil
}

func medium(contact string) string {
	if contact == "phone_number" {
		return cognitoidp.DeliveryMediumTypeSms
	}
	return cognitoidp.DeliveryMediumTypeEmail
}

// signInName is what the user types to sign in: not the sub, where the user name is an attribute.
func signInName(u *user.User) string {
	return account.SignInName(u, u.Username)
}
