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

func (p newPassword) challenge(a *attempt) (*Outcome, error) {
	wanted := []string{}
	for _, name := range attributes.Missing(a.Pool, a.User.Attributes) {
		wanted = append(wanted, attributePrefix+name)
	}
	required, err := json.Marshal(wanted)
	if err != nil {
		return nil, fmt.Errorf("encode required attributes: %w", err)
	}
	current, err := json.Marshal(attributes.Readable(a.Client, a.User))
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return a.askWith(p.step, a.state.Next(a.now), map[string]string{
		"USER_ID_FOR_SRP": a.User.Username, "requiredAttributes": string(required), "userAttributes": string(current),
	})
}

func (newPassword) judge(a *attempt) (*success, error) {
	if err := a.enabled(); err != nil {
		return nil, err
	}
	if !a.mayChoose(a.User) {
		return nil, challenge.ErrInvalid
	}
	given, err := a.givenAttributes()
	if err != nil {
		return nil, err
	}
	change, err := a.Passwords.Prepare(a.ctx, a.Box, a.Pool, a.User,
		password.Choice{Password: a.in.Given["NEW_PASSWORD"], Policy: true, History: true})
	if err != nil {
		return nil, err
	}
	confirmed := a.User.Clone() // whose attributes may decide what comes next
	confirmed.Status = cognitoidp.UserStatusTypeConfirmed
	if _, err := account.Change(a.Pool, confirmed, given); err != nil {
		return nil, err
	}
	return &success{user: confirmed, source: "NewPasswordChallenge", effects: []effect{a.spendSession, a.choose(change, given)}}, nil
}

// mayChoose tells whether the user still has the temporary password that the session was opened with.
func (a *attempt) mayChoose(u *user.User) bool {
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword && db.Millis(u.PasswordSet) == a.state.Set
}

// choose is the effect that makes the new password and the attributes the user's.
func (a *attempt) choose(change *password.Change, given map[string]string) effect {
	return func(tx *db.Tx, u *user.User) error {
		if !a.mayChoose(u) {
			return challenge.ErrInvalid
		}
		change.Apply(u, tx.Now)
		u.Status = cognitoidp.UserStatusTypeConfirmed
		u.Touch(tx.Now)
		if _, err := account.Change(a.Pool, u, given); err != nil {
			return err
		}
		if err := account.Save(tx, a.Pool, u, false); err != nil {
			return fmt.Errorf("save the user: %w", err)
		}
		return nil
	}
}

// givenAttributes reads the answer's attributes and holds them against the schema, the client's rights, and what the
// user has already.
func (a *attempt) givenAttributes() (map[string]string, error) {
	given := map[string]string{}
	for name, value := range a.in.Given {
		if attribute, ok := strings.CutPrefix(name, attributePrefix); ok {
			given[attribute] = value
		}
	}
	if err := attributes.CheckAnswer(a.Pool, a.Client, a.User, given); err != nil {
		return nil, err
	}
	all := map[string]string{}
	maps.Copy(all, a.User.Attributes)
	maps.Copy(all, given)
	if missing := attributes.Missing(a.Pool, all); len(missing) > 0 {
		return nil, cognitoidp.InvalidParameter("Invalid attributes given, " + missing[0] + " is missing")
	}
	return given, nil
}
