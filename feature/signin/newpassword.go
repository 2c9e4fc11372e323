package signin

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/challenge"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// attributePrefix is how NEW_PASSWORD_REQUIRED names attributes, in the challenge and in the answer.
const attributePrefix = "userAttributes."

// newPassword is the NEW_PASSWORD_REQUIRED challenge: whoever signs in with a temporary password chooses one, and gives
// the required attributes that an administrator has left out.
type newPassword struct{ bySession }

func (newPassword) needs() []string { return []string{"NEW_PASSWORD"} }

func (p newPassword) challenge(t *turn) (*Outcome, error) {
	wanted := []string{}
	for _, name := range attributes.Missing(t.Pool, t.user.Attributes) {
		wanted = append(wanted, attributePrefix+name)
	}
	required, err := json.Marshal(wanted)
	if err != nil {
		return nil, fmt.Errorf("encode required attributes: %w", err)
	}
	current, err := json.Marshal(attributes.Readable(t.Client, t.user))
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return t.ask(p.step, t.state.Next(t.now), map[string]string{
		"USER_ID_FOR_SRP": t.user.Username, "requiredAttributes": string(required), "userAttributes": string(current),
	})
}

func (newPassword) verify(t *turn) (*pass, error) {
	if err := t.enabled(); err != nil {
		return nil, err
	}
	if !t.mayChoose(t.user) {
		return nil, challenge.ErrInvalid
	}
	given, err := t.givenAttributes()
	if err != nil {
		return nil, err
	}
	change, err := t.Passwords.Prepare(t.ctx, t.Box, t.Pool, t.user,
		password.Choice{Password: t.given["NEW_PASSWORD"], Policy: true, History: true})
	if err != nil {
		return nil, err
	}
	confirmed := t.user.Clone() // whose attributes may decide what comes next
	confirmed.Status = cognitoidp.UserStatusTypeConfirmed
	if _, err := account.Change(t.Pool, confirmed, given); err != nil {
		return nil, err
	}
	t.user = confirmed
	return &pass{source: "NewPasswordChallenge", effects: []effect{t.spendSession, t.choose(change, given)}}, nil
}

// mayChoose tells whether the user still has the temporary password that the session was opened with.
func (t *turn) mayChoose(u *user.User) bool {
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword && db.Millis(u.PasswordSet) == t.state.Set
}

// choose is the effect that makes the new password and the attributes the user's.
func (t *turn) choose(change *password.Change, given map[string]string) effect {
	return func(tx *db.Tx, u *user.User) error {
		if !t.mayChoose(u) {
			return challenge.ErrInvalid
		}
		change.Apply(u, tx.Now)
		u.Status = cognitoidp.UserStatusTypeConfirmed
		u.Touch(tx.Now)
		if _, err := account.Change(t.Pool, u, given); err != nil {
			return err
		}
		if err := account.Save(tx, t.Pool, u, false); err != nil {
			return fmt.Errorf("save the user: %w", err)
		}
		return nil
	}
}

// givenAttributes reads the answer's attributes and holds them against the schema, the client's rights, and what the
// user has already.
func (t *turn) givenAttributes() (map[string]string, error) {
	given := map[string]string{}
	for name, value := range t.given {
		if attribute, ok := strings.CutPrefix(name, attributePrefix); ok {
			given[attribute] = value
		}
	}
	if err := attributes.CheckAnswer(t.Pool, t.Client, t.user, given); err != nil {
		return nil, err
	}
	all := map[string]string{}
	maps.Copy(all, t.user.Attributes)
	maps.Copy(all, given)
	if missing := attributes.Missing(t.Pool, all); len(missing) > 0 {
		return nil, cognitoidp.InvalidParameter("Invalid attributes given, " + missing[0] + " is missing")
	}
	return given, nil
}
