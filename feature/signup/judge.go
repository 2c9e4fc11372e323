package signup

import (
	"context"
	"maps"
	"strings"
	"time"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// judge finds the app, checks the request and makes the user in memory, with the sub that they will have.
func (s *Service) judge(ctx context.Context, in *cognitoidp.SignUpRequest) (*registration, error) {
	a, err := s.proven(ctx, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	a.source = s.entry.Source(ctx, a.Client, in.UserContextData)
	if err := a.checkOpen(); err != nil {
		return nil, err
	}

	u, err := a.newUser(in)
	if err != nil {
		return nil, err
	}
	r := &registration{app: a, in: in, user: u, submitted: maps.Clone(u.Attributes)}
	account.MarkUnverified(u)
	if err := attributes.CheckRequired(a.Pool, u.Attributes); err != nil {
		return nil, err
	}
	if err := a.checkPassword(u, in.Password); err != nil {
		return nil, err
	}
	return r, s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := a.mayAsk(tx); err != nil {
			return err
		}
		if a.Pool.HidesSignUps() { // commit finds out
			return nil
		}
		return account.CheckName(tx, a.Pool, u)
	})
}

// checkOpen refuses users of pools in which only administrators create users.
func (a app) checkOpen() error {
	if !a.Pool.AllowsSignUp() {
		return cognitoidp.NotAuthorized("SignUp is not permitted for this user pool")
	}
	return nil
}

// newUser makes the user in memory, with the attributes that were submitted.
func (a app) newUser(in *cognitoidp.SignUpRequest) (*user.User, error) {
	given := attributes.Parse(in.UserAttributes)
	if err := attributes.CheckWritable(a.Client, given, attributes.SignUp); err != nil {
		return nil, err
	}
	if err := account.CheckNew(a.Pool, given, attributes.SignUp); err != nil {
		return nil, err
	}
	if given.Values[user.NamePreferredUsername] != "" && a.Pool.AliasIs(user.NamePreferredUsername) {
		return nil, cognitoidp.InvalidParameter("preferred_username is an alias of this user pool and can only be set once the user is confirmed.")
	}
	return account.New(a.Pool, in.Username, given.Values, time.Time{}) // the moment will be the transaction's
}

// checkPassword checks the pool's policy. A user without a password must have a contact to which one-time passwords go.
func (a app) checkPassword(u *user.User, pw string) error {
	if pw != "" || !a.passwordless() {
		return password.CheckPolicy(a.Pool, pw)
	}
	var wanted []string
	for _, contact := range account.Contacts {
		if !factor.ByCode(a.Pool, contact) {
			continue
		}
		if u.Attributes[contact] != "" {
			return nil
		}
		wanted = append(wanted, contact)
	}
	return cognitoidp.InvalidParameter("A user without a password needs " + strings.Join(wanted, " or ") + " to sign in with one-time passwords.")
}
