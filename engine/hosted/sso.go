package hosted

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/engine/account"
	"cardea/engine/lockout"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/quota"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// A session gives at most so many codes in a time, so that a browser sent around in a circle does not fill the database.
const (
	maxReuses = 60
	reuseTime = time.Minute
)

// Browser is a visitor's browser, as far as single sign-on knows it.
type Browser struct {
	Domain string // at which it is; empty: the sign-in is not remembered
	SSO    string // the cookie of its single sign-on session; empty: none
	Shown  id.Sub // the account that a page has shown and the visitor goes on with; empty: any
}

// Account is the user that a browser is signed in as.
type Account struct {
	Sub  id.Sub
	Name string // to be shown to the user
}

// begin makes the single sign-on session of a fresh sign-in, and answers its id and the cookie. The secret is always a new one:
// a cookie from before the sign-in is worth nothing after it, whoever has put it into the browser. The browser's session of the
// same user goes on, since codes that it gave may still be on their way; that of another user ends.
func begin(tx *db.Tx, pool id.Pool, who SignIn) (session string, out *Finished, err error) {
	if who.Browser.Domain == "" {
		return "", &Finished{}, nil
	}
	session = id.NewUUID()
	switch old, err := held(tx, pool, who.Browser); {
	case errors.Is(err, ErrLoginRequired):
	case err != nil:
		return "", nil, err
	default:
		end := account.EndSSO
		if old.Sub == who.User.Sub {
			session, end = old.ID, goOn
		}
		if err := end(tx, pool, old.Sub, old.ID); err != nil {
			return "", nil, err
		}
	}

	longest, err := client.LongestSSO(tx, pool)
	if err != nil {
		return "", nil, err
	}
	if who.own {
		longest = max(longest, Recent)
	}
	if longest == 0 {
		return "", &Finished{}, nil
	}
	by := token.Use(tx.Now, caller.From(tx.Context()))
	secret := rand.Text() + rand.Text() // 260 bits
	err = ssosession.Insert(tx, &ssosession.Session{
		Pool: pool, ID: session, Domain: who.Browser.Domain, Sub: who.User.Sub, Hash: id.Digest(secret),
		Proofs: who.Proofs, PasswordSet: who.User.PasswordSet, AuthTime: who.AuthTime, Expires: who.AuthTime.Add(longest),
		Active: by.Active, IP: by.IP, DeviceType: by.DeviceType, Upstream: who.Upstream,
	})
	if err != nil {
		return "", nil, err
	}
	return session, &Finished{SSO: session + "." + secret, Life: longest}, nil
}

// goOn makes room for the session's next secret. The session does not end.
func goOn(tx *db.Tx, pool id.Pool, _ id.Sub, session string) error {
	return ssosession.Delete(tx, pool, session)
}

// held finds the session of a browser, or answers ErrLoginRequired.
func held(tx *db.Tx, pool id.Pool, b Browser) (*ssosession.Session, error) {
	name, secret, _ := strings.Cut(b.SSO, ".")
	if b.SSO == "" || secret == "" {
		return nil, ErrLoginRequired
	}
	s, err := ssosession.Get(tx, pool, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrLoginRequired
	}
	if err != nil {
		return nil, fmt.Errorf("get single sign-on session: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(s.Hash), []byte(id.Digest(secret))) != 1 || s.Domain != b.Domain || !tx.Now.Before(s.Expires) {
		return nil, ErrLoginRequired
	}
	audit.About(tx.Context(), string(s.Pool), string(s.Sub))
	return s, nil
}

// usable finds the session of a browser that serves a request as if its user had signed in just now, and the user. It answers
// ErrLoginRequired when there is none: the user has to prove again who they are, or more than they did.
func (r *Request) usable(tx *db.Tx, b Browser) (*ssosession.Session, *user.User, error) {
	s, err := held(tx, r.Pool.ID, b)
	if err != nil {
		return nil, nil, err
	}
	if r.Pool.Outlived(s.AuthTime) {
		return nil, nil, ErrLoginRequired
	}
	elsewhere := !r.Serves(s.Upstream.Provider)
	tooOld := tx.Now.Sub(s.AuthTime) >= r.Client.SSOValidity()
	unknownAge := r.MaxAge != nil && s.Upstream.Provider != "" // the provider has to say how old the sign-in is
	if elsewhere || tooOld || unknownAge || r.own != "" || r.Prompts(oauth2.PromptLogin) || !r.Fresh(tx.Now.Sub(s.AuthTime)) || !r.isFor(s.Sub) {
		return nil, nil, ErrLoginRequired
	}

	u, err := owner(tx, r.Pool, s)
	if err == nil && !r.reaches(s.Proofs) {
		err = ErrInteractionRequired
	}
	return s, u, err
}

// owner finds the user of a session. It answers ErrLoginRequired when they have to prove again who they are, and as a kind of it
// ErrInteractionRequired when they have to prove more than they did.
func owner(tx *db.Tx, p *pool.Pool, s *ssosession.Session) (*user.User, error) {
	u, err := user.Get(tx, s.Pool, s.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrLoginRequired
	}
	if err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}
	err = token.Eligible(p, u, s.Proofs)
	switch {
	case !s.PasswordSet.Equal(u.PasswordSet):
		return nil, ErrLoginRequired
	case errors.Is(err, token.ErrProofMissing):
		return nil, ErrInteractionRequired
	case err != nil:
		return nil, ErrLoginRequired
	}
	return u, nil
}

// SignedIn is the account with which a browser may go on with a request, or ErrLoginRequired.
func (s *Server) SignedIn(ctx context.Context, r *Request, b Browser) (a Account, err error) {
	if b.SSO == "" {
		return a, ErrLoginRequired
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		_, u, err := r.usable(tx, b)
		if err == nil {
			a = Account{Sub: u.Sub, Name: NameOf(r.Pool, u)}
		}
		return err
	})
	return a, err
}

// Reuse answers a request by the session of a browser, whose user need not sign in again, and tells where the browser is sent.
// The user proved who they are when the session began. Reuse answers ErrLoginRequired when the session does not do, the
// conditions of Judge, and in a *RedirectError lockout.ErrRateLimited and those of PreTokenGeneration.
func (s *Server) Reuse(ctx context.Context, r *Request, b Browser) (*Finished, error) {
	if r.Client.SelfRegistered() && b.Shown == "" {
		return nil, ErrInteractionRequired // anybody may have made the app: its name is shown first
	}
	u, err := s.reusable(ctx, r, b)
	if err != nil {
		return nil, err // a cookie that is none writes nothing
	}
	overrides, err := s.Ask(ctx, r, u)
	if err != nil {
		return nil, r.Refused(err)
	}
	out := &Finished{}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		again, err := s.Judge(tx, r.Pool.ID, r.given)
		if err != nil {
			return err
		}
		return s.reuse(tx, again, reuse{b, u, overrides}, out)
	})
	if err != nil {
		return nil, err
	}
	if err := s.Complete(ctx, out); err != nil {
		return nil, err
	}
	return out, nil
}

// reusable finds the user whose session in a browser serves a request.
func (s *Server) reusable(ctx context.Context, r *Request, b Browser) (u *user.User, err error) {
	if b.SSO == "" {
		return nil, ErrLoginRequired
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		session, found, err := r.usable(tx, b)
		if err != nil {
			return err
		}
		u = found
		full, err := quota.Full(tx, session.Pool, usesOf(session), maxReuses)
		if full {
			return r.Refused(lockout.ErrRateLimited)
		}
		return err
	})
	return u, err
}

// usesOf is the name under which the uses of a session are counted.
func usesOf(s *ssosession.Session) string { return "sso/" + s.ID }

// reuse is the use of a browser's session that was prepared for its user.
type reuse struct {
	Browser
	user      *user.User
	overrides *trigger.Overrides
}

func (s *Server) reuse(tx *db.Tx, r *Request, by reuse, out *Finished) error {
	found, u, err := r.usable(tx, by.Browser)
	if err != nil {
		return err
	}
	if by.user.Sub != u.Sub || by.Shown != "" && by.Shown != u.Sub {
		return ErrLoginRequired
	}
	uses, err := quota.Use(tx, found.Pool, usesOf(found), maxReuses, reuseTime)
	if err != nil {
		return err
	}
	if uses > maxReuses {
		return r.Refused(lockout.ErrRateLimited)
	}
	if err := note(tx, found); err != nil {
		return err
	}
	who := SignIn{User: u, Proofs: found.Proofs, AuthTime: found.AuthTime, Overrides: by.overrides}
	return s.answer(tx, r, grant{who, found.ID}, out)
}

// UserOf is the user whose session a browser has, or ErrLoginRequired.
func (s *Server) UserOf(tx *db.Tx, pool id.Pool, b Browser) (id.Sub, error) {
	found, err := held(tx, pool, b)
	if err != nil {
		return "", err
	}
	return found.Sub, nil
}

// note writes the use of a session, but for those from one place within a minute.
func note(tx *db.Tx, s *ssosession.Session) error {
	by := token.Use(tx.Now, caller.From(tx.Context()))
	if !(session.Activity{Active: s.Active, IP: s.IP}).Outdated(by) {
		return nil
	}
	return ssosession.Note(tx, s, by.Active, by.IP, by.DeviceType)
}

// SignOut ends the session of a browser, and tells at which identity provider the user had signed in for it. Tokens that came of the
// session stay, but codes that were not redeemed are void.
func (s *Server) SignOut(ctx context.Context, pool id.Pool, b Browser) (from ssosession.Upstream, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := held(tx, pool, b)
		return err
	})
	if err == nil { // a cookie that is none writes nothing
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			found, err := held(tx, pool, b)
			if err != nil {
				return err
			}
			from = found.Upstream
			return account.EndSSO(tx, pool, found.Sub, found.ID)
		})
	}
	switch {
	case errors.Is(err, ErrLoginRequired):
		return ssosession.Upstream{}, nil
	case err != nil:
		return ssosession.Upstream{}, err
	}
	return from, nil
}

// NameOf is how a user is called on pages: as they sign in.
func NameOf(p *pool.Pool, u *user.User) string {
	for _, contact := range p.Doc.UsernameAttributes {
		if name := u.Attributes[contact]; name != "" {
			return name
		}
	}
	return u.Username
}
