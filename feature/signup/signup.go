package signup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// SignUp makes an unconfirmed user and sends a code to the attribute that the pool verifies.
func (s *Service) SignUp(ctx context.Context, in *cognitoidp.SignUpRequest) (*cognitoidp.SignUpResponse, error) {
	a, err := s.proven(ctx, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	u, err := s.newUser(ctx, a, in)
	if err != nil {
		return nil, err
	}
	change, err := s.secret(ctx, a, u, in.Password)
	if err != nil {
		return nil, err
	}

	a.source = lockout.From(ctx, a.Client, in.UserContextData)
	code, undelivered, err := s.prepare(ctx, a, u, in.ClientMetadata)
	if err != nil {
		return nil, err
	}

	var next *nextSession
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil {
			return err
		}
		u := u.Clone() // the closure may run twice
		u.Created, u.Modified = tx.Now, tx.Now
		if change != nil {
			change.Apply(u, tx.Now)
		}
		if err := account.Create(tx, a.Pool, u, false); err != nil {
			return err
		}
		if code == nil {
			return nil
		}
		next = a.next(challenge.SigningUp, code.Details.AttributeName, a.state(tx, in.Username, u))
		return s.Codes.Post(tx, code)
	})
	if err != nil {
		return nil, err
	}
	if undelivered != nil {
		return nil, undelivered
	}

	session, err := next.seal()
	if err != nil {
		return nil, err
	}
	out := &cognitoidp.SignUpResponse{UserSub: string(u.Sub), Session: session}
	if code != nil {
		out.CodeDeliveryDetails = code.Details
	}
	return out, nil
}

// secret computes what is stored for a password; nil when there is none.
func (s *Service) secret(ctx context.Context, a app, u *user.User, pw string) (*password.Change, error) {
	if pw == "" {
		return nil, nil
	}
	return s.Passwords.Prepare(ctx, a.Box, a.Pool, u, password.Choice{Password: pw, Policy: true})
}

// prepare prepares a new user's code; it is nil if the pool verifies none of the user's contacts. If the server cannot send
// it, undelivered says why, and the user is created all the same, as in Cognito.
func (s *Service) prepare(ctx context.Context, a app, u *user.User, metadata map[string]string) (code *verification.Prepared, undelivered, err error) {
	t := a.target(u, u.Username)
	t.Kind, t.Metadata = message.SignUp, metadata
	if t.Attribute = verifiedFirst(a.Pool, u.Attributes); t.Attribute == "" {
		return nil, nil, nil
	}
	code, err = s.Codes.Prepare(ctx, t)
	if errors.Is(err, message.ErrNoSender) {
		return nil, err, nil
	}
	return code, nil, err
}

// newUser checks the request and makes the user in memory.
func (s *Service) newUser(ctx context.Context, a app, in *cognitoidp.SignUpRequest) (*user.User, error) {
	p := a.Pool
	if c := p.Doc.AdminCreateUserConfig; c != nil && c.AllowAdminCreateUserOnly {
		return nil, cognitoidp.NotAuthorized("SignUp is not permitted for this user pool")
	}
	if err := trigger.Refuse(p.Doc.LambdaConfig, triggerevent.PreSignUp); err != nil {
		return nil, err
	}

	given := attributes.Parse(in.UserAttributes)
	if err := attributes.CheckWritable(a.Client, given, attributes.SignUp); err != nil {
		return nil, err
	}
	if err := account.CheckNew(p, given, attributes.SignUp); err != nil {
		return nil, err
	}
	if given.Values[user.NamePreferredUsername] != "" && p.AliasIs(user.NamePreferredUsername) {
		return nil, cognitoidp.InvalidParameter("preferred_username is an alias of this user pool and can only be set once the user is confirmed.")
	}
	u, err := account.New(p, in.Username, given.Values, time.Time{}) // the moment will be the transaction's
	if err != nil {
		return nil, err
	}
	account.MarkUnverified(u)
	if err := attributes.CheckRequired(p, u.Attributes); err != nil {
		return nil, err
	}
	if err := checkPassword(a, u, in.Password); err != nil {
		return nil, err
	}
	return u, s.checkFree(ctx, p, in.Username)
}

// checkPassword checks the pool's policy. A user without a password must have a contact to which one-time passwords go.
func checkPassword(a app, u *user.User, pw string) error {
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

// checkFree refuses a name that is taken, before the password is hashed. The write checks it again.
func (s *Service) checkFree(ctx context.Context, p *pool.Pool, username string) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := account.Find(tx, p, username)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find user: %w", err)
		}
		kind, err := attributes.CheckUsername(p, username)
		if err != nil {
			return err
		}
		if kind == "" {
			kind = user.NameUsername
		}
		return &account.TakenError{Kind: kind}
	})
}
