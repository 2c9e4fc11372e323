package signup

import (
	"context"
	"errors"

	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// SignUp makes a user and sends a code to the attribute that the pool verifies. The pool's PreSignUp trigger may refuse the
// user, or confirm them at once; what it says takes effect with the commit, or not at all.
//
//	judge → ask → hash, compose → commit → tell
func (s *Service) SignUp(ctx context.Context, in *cognitoidp.SignUpRequest) (*cognitoidp.SignUpResponse, error) {
	r, err := s.judge(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx, r); err != nil {
		return nil, s.countRefused(ctx, r, err)
	}

	if r.undelivered != nil {
		return nil, r.undelivered
	}
	if r.user.Status == cognitoidp.UserStatusTypeConfirmed && !r.taken {
		if err := s.tell(ctx, r.App, r.user, in.ClientMetadata); err != nil {
			return nil, err
		}
	}
	return r.answer()
}

// registration is a sign-up on its way.
type registration struct {
	app
	in        *cognitoidp.SignUpRequest
	user      *user.User        // as they will be stored, and from the commit on, as they are
	submitted map[string]string // the attributes that the request gives them

	change      *password.Change       // nil when the user has no password
	code        *verification.Prepared // nil when none is sent
	undelivered error                  // why the code cannot be sent
	next        *nextSession           // the Session to answer; nil for none

	// Where sign-ups are hidden: taken tells that the name is another user's, and decoy is what is posted in the place of code then, a
	// notice with a code that opens nothing.
	taken bool
	decoy *verification.Prepared
}

// create makes the user, as PreSignUp and CustomMessage say.
func (s *Service) create(ctx context.Context, r *registration) error {
	if err := s.ask(ctx, r); err != nil {
		return err
	}
	if err := s.hash(ctx, r); err != nil {
		return err
	}
	if err := s.compose(ctx, r); err != nil {
		return err
	}
	return s.commit(ctx, r)
}

// ask asks PreSignUp and does what it grants to the user in memory. A contact that the function calls verified is an alias
// from the commit on, unless it is another user's: an alias is never moved on a function's word.
func (s *Service) ask(ctx context.Context, r *registration) error {
	admission, err := s.Triggers.PreSignUp(ctx, trigger.Call{
		App:      r.App,
		Occasion: triggerevent.SignUp,
		Username: r.user.Username,
		Metadata: r.in.ClientMetadata,
		Data:     trigger.Data(r.in.ValidationData),
	}, r.submitted)
	if err != nil {
		return err
	}

	for _, contact := range admission.Verify {
		account.Confirm(r.user, contact)
	}
	if admission.Confirm {
		r.user.Status = cognitoidp.UserStatusTypeConfirmed
	}
	return nil
}

// hash computes what is stored for the password.
func (s *Service) hash(ctx context.Context, r *registration) (err error) {
	if r.in.Password == "" {
		return nil
	}
	r.change, err = s.Passwords.Prepare(ctx, r.Box, r.Pool, r.user, password.Choice{Password: r.in.Password, Policy: true})
	return err
}

// compose prepares the code of a user who is yet to be confirmed. There is none if the pool verifies none of the user's
// contacts, or the function has verified them. If the server cannot send it, undelivered says why, and the user is created all
// the same, as in Cognito.
func (s *Service) compose(ctx context.Context, r *registration) error {
	if r.user.Status == cognitoidp.UserStatusTypeConfirmed {
		return nil
	}
	t := r.target(r.user, r.user.Username)
	t.Kind, t.Metadata = message.SignUp, r.in.ClientMetadata
	if t.Attribute = unverified(r.Pool, r.user); t.Attribute == "" {
		return nil
	}
	code, err := s.Codes.Prepare(ctx, t)
	if errors.Is(err, message.ErrNoSender) {
		r.undelivered = err
		return nil
	}
	if err != nil {
		return err
	}
	r.code = code
	return s.prepareDecoy(ctx, r, t)
}

// commit stores the user and posts the code, on the pool and the client as they are by now.
func (s *Service) commit(ctx context.Context, r *registration) error {
	prepared := r.user
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.app(tx, r.in.ClientId, r.in.UserContextData)
		if err != nil {
			return err
		}
		if err := a.checkOpen(); err != nil {
			return err
		}
		u := prepared.Clone() // the closure may run twice
		u.Created, u.Modified = tx.Now, tx.Now
		if r.change != nil {
			r.change.Apply(u, tx.Now)
		}
		r.user, r.taken = u, false
		if taken, err := s.hide(tx, a, r); taken || err != nil {
			return err
		}
		if err := account.Create(tx, a.Pool, u, false); err != nil {
			return err
		}
		if r.code == nil {
			return nil
		}
		r.next = r.signingUp(tx, a)
		return s.Codes.Post(tx, r.code)
	})
}

// signingUp is the Session of the sign-up; nil for none.
func (r *registration) signingUp(tx *db.Tx, a app) *nextSession {
	return a.next(challenge.SigningUp, r.code.Details.AttributeName, a.state(tx, r.in.Username, r.user))
}

// answer makes the response. A user who is confirmed has no Session: there is nothing to confirm with it.
func (r *registration) answer() (*cognitoidp.SignUpResponse, error) {
	session, err := r.next.seal()
	if err != nil {
		return nil, err
	}
	out := &cognitoidp.SignUpResponse{
		UserConfirmed: r.user.Status == cognitoidp.UserStatusTypeConfirmed,
		UserSub:       string(r.user.Sub),
		Session:       session,
	}
	if r.code != nil {
		out.CodeDeliveryDetails = r.code.Details
	}
	return out, nil
}
