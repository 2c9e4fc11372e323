package proposal

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/record/replay"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/userfilter"
)

// Bounds of proposals.
const (
	proposalLife = 15 * time.Minute
	maxSubject   = 256 // bytes of a subject, since browsers keep proposals in a cookie
	maxAddress   = 254 // bytes
	maxAccounts  = 60  // that are looked at of those with one address
)

// Proposal is an identity that is linked with an account once whoever has signed in with it has signed in to the account, too. The
// browser keeps it, sealed with the rest of its interaction.
type Proposal struct {
	ID       string `json:"i"` // it may be taken once
	Provider string `json:"p"`
	Subject  string `json:"s"`
	Sub      id.Sub `json:"a"` // of the account
	Email    string `json:"e"` // that both sides have verified
	Until    int64  `json:"t"` // in Unix milliseconds
}

// Stranger is somebody with an identity that is no user's.
type Stranger struct {
	*provider.Provider
	Subject string
	Claims  map[string]string // what the provider says of them, by its own names
}

// Make finds the account that is to be linked with a stranger's identity, in a pool whose tag has that done: the only local
// account with the e-mail address that the provider says it has verified, and that is verified here, too. It answers nil when
// there is none, or none to which a link could be made.
func Make(tx *db.Tx, app access.App, who Stranger) (*Proposal, error) {
	email := verifiedEmail(who.Doc.ProviderType, who.Doc.AttributeMapping, who.Claims)
	short := len(who.Subject) <= maxSubject && len(email) <= maxAddress
	if !app.Pool.LinksVerifiedEmail() || email == "" || !short || !identity.Valid(who.Subject) {
		return nil, nil
	}
	page, next, err := account.Search(tx, app.Pool, userfilter.Filter{Attribute: user.NameEmail, Value: email}, "", maxAccounts)
	if err != nil {
		return nil, fmt.Errorf("search users: %w", err)
	}
	page = slices.DeleteFunc(page, func(u *user.User) bool {
		return u.Status == cognitoidp.UserStatusTypeExternalProvider || !holds(app.Pool, u, email)
	})
	if len(page) != 1 || next != "" {
		return nil, nil
	}
	open, err := takes(tx, app, page[0], who.Name)
	if err != nil || !open {
		return nil, err
	}
	return &Proposal{
		ID: id.NewUUID(), Provider: who.Name, Subject: who.Subject, Sub: page[0].Sub, Email: email,
		Until: db.Millis(tx.Now.Add(proposalLife)),
	}, nil
}

// verifiedEmail is the address that a provider says it has verified; empty: it says that of none. Where the pool maps the claim that
// says so, that counts, with the address that is mapped beside it; otherwise the two claims of OpenID Connect do, which SAML does
// not have.
func verifiedEmail(kind string, mapping, claims map[string]string) string {
	email, verified := user.NameEmail, user.NameEmail+"_verified"
	switch mapped := mapping[verified]; {
	case mapped != "":
		email, verified = mapping[email], mapped
	case kind == cognitoidp.IdentityProviderTypeTypeSaml:
		return ""
	}
	if claims[verified] != "true" {
		return ""
	}
	return claims[email]
}

// holds tells whether a user has an address, and has proven that.
func holds(p *pool.Pool, u *user.User, email string) bool {
	return u.Verified(user.NameEmail) && identity.SameAddress(p, u.Attributes[user.NameEmail], email)
}

// takes tells whether an identity at a provider may be linked with an account, whose user can sign in to it at the app's pages.
func takes(tx *db.Tx, app access.App, u *user.User, name string) (bool, error) {
	if !app.Client.Offers(client.Local) || !app.Client.Offers(name) {
		return false, nil
	}
	if !u.Enabled || u.Status != cognitoidp.UserStatusTypeConfirmed || identity.Fixed(app.Pool, u) != "" {
		return false, nil
	}
	own, err := linkedidentity.OfUser(tx, u.Pool, u.Sub)
	if err != nil {
		return false, fmt.Errorf("identities of user: %w", err)
	}
	known := slices.ContainsFunc(own, func(i *linkedidentity.Identity) bool { return i.Provider == name })
	return !known && identity.Linked(own) < identity.Most, nil
}

// Accept links the identity of a proposal with the account, in the transaction in which its user has proven by themselves who they
// are, and stores the user. It links nothing when the user is another, or when what the proposal relies on is no longer so: the user has
// signed in all the same.
func Accept(tx *db.Tx, app access.App, u *user.User, on *Proposal) error {
	if !app.Pool.LinksVerifiedEmail() || on.Sub != u.Sub || !tx.Now.Before(db.Time(on.Until)) || !holds(app.Pool, u, on.Email) {
		return nil
	}
	idp, err := provider.Get(tx, u.Pool, on.Provider)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("get identity provider: %w", err)
	}
	if open, err := takes(tx, app, u, on.Provider); err != nil || !open {
		return err
	}
	err = replay.Use(tx, u.Pool, "link/"+on.ID, db.Time(on.Until))
	if errors.Is(err, db.ErrExists) {
		return nil
	}
	if err != nil {
		return err
	}
	return accept(tx, app.Pool, u, linkedidentity.Identity{
		Key: linkedidentity.Key{Provider: on.Provider, Attribute: linkedidentity.Subject, Value: on.Subject},
		Doc: linkedidentity.Doc{Type: idp.Doc.ProviderType},
	})
}

func accept(tx *db.Tx, p *pool.Pool, u *user.User, i linkedidentity.Identity) error {
	err := identity.Link(tx, u, i)
	if _, taken := errors.AsType[*identity.LinkedError](err); taken {
		return nil // meanwhile
	}
	if err != nil {
		return err
	}
	u.Touch(tx.Now)
	return account.Save(tx, p, u, false)
}
