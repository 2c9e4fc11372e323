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
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// SignUp makes an unconfirmed user and sends a code to the attribute that the pool verifies.
func (s *Service) SignUp(ctx context.Context, in *cognitoidp.SignUpRequest) (*cognitoidp.SignUpResponse, error) {
	a, err := s.admit(ctx, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	u, err := s.applicant(ctx, a, in)
	if err != nil {
		return nil, err
	}
	change, err := s.secret(ctx, a, u, in.Password)
	if err != nil {
		return nil, err
	}

	var done *entry
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		a, err := s.app(tx, in.ClientId)
		if err != nil {
			return err
		}
		u := u.Clone() // the closure may run twice
		u.Created, u.Modified = tx.Now, tx.Now
		if change != nil {
			change.Apply(u, tx.Now)
		}
		done, err = s.enter(tx, a, in, u)
		return err
	})
	if err != nil {
		return nil, err
	}
	if done.undelivered != nil {
		return nil, done.undelivered
	}

	s.Codes.Outbox.Kick()
	session, err := done.next.keep()
	if err != nil {
		return nil, err
	}
	return &cognitoidp.SignUpResponse{UserSub: string(u.Sub), CodeDeliveryDetails: done.delivery, Session: session}, nil
}

// secret computes what is stored for a password; nil when there is none.
func (s *Service) secret(ctx context.Context, a app, u *user.User, pw string) (*password.Change, error) {
	if pw == "" {
		return nil, nil
	}
	return s.Passwords.Prepare(ctx, a.Box, a.Pool, u, password.Choice{Password: pw, Policy: true})
}

// entry is what became of a user who was stored.
type entry struct {
	delivery    *cognitoidp.CodeDeliveryDetailsType // nil: no code was sent
	next        *promise
	undelivered error // the fault of a server that cannot send the code; the user exists all the same, as with Cognito
}

// enter stores a new user and sends them their code.
func (s *Service) enter(tx *db.Tx, a app, in *cognitoidp.SignUpRequest, u *user.User) (*entry, error) {
	if err := account.Create(tx, a.Pool, u, false); err != nil {
		return nil, err
	}
	delivery, err := s.send(tx, a, u, message.SignUp)
	switch {
	case message.Undeliverable(err):
		return &entry{undelivered: err}, nil
	case err != nil || delivery == nil:
		return &entry{}, err
	}
	next := a.promise(challenge.SigningUp, delivery.AttributeName, a.state(tx, in.Username, u))
	return &entry{delivery: delivery, next: next}, nil
}

// applicant checks whether this user may be made here, and makes them in memory.
func (s *Service) applicant(ctx context.Context, a app, in *cognitoidp.SignUpRequest) (*user.User, error) {
	p := a.Pool
	if c := p.Doc.AdminCreateUserConfig; c != nil && c.AllowAdminCreateUserOnly {
		return nil, cognitoidp.NotAuthorized("SignUp is not permitted for this user pool")
	}
	if err := trigger.Refuse(p.Doc.LambdaConfig, trigger.PreSignUp); err != nil {
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

// checkPassword is the pool's policy. Who signs up without a password must be able to receive the codes that stand for it.
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

// checkFree spares the arithmetic of a password for a name that is taken; that it is free only the write decides.
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

// send sends a new user their code, if the pool verifies anything of theirs.
func (s *Service) send(tx *db.Tx, a app, u *user.User, kind message.Kind) (*cognitoidp.CodeDeliveryDetailsType, error) {
	t := a.target(u, u.Username)
	t.Kind = kind
	if t.Attribute = verifiedFirst(a.Pool, u.Attributes); t.Attribute == "" {
		return nil, nil
	}
	return s.Codes.Send(tx, a.Box, t)
}
