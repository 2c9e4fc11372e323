package federation

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"unicode/utf8"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/group"
	"cardea/record/linkedidentity"
	"cardea/record/ssosession"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
	"cardea/spec/triggerevent"
)

// find finds the user of the identity, and makes them in memory as the sign-in will leave them.
func (a *arrival) find() error {
	err := a.DB.Read(a.ctx, func(tx *db.Tx) (err error) {
		if a.known, _, err = a.owner(tx); err == nil && a.known == nil {
			a.proposed, err = a.propose(tx)
		}
		return err
	})
	if err != nil || a.proposed != nil {
		return err
	}
	if a.known == nil {
		a.expected, err = a.newUser()
		return err
	}
	if err := account.Active(a.known, true); err != nil {
		return err
	}
	a.expected, err = a.updated(a.known)
	return err
}

// owner finds the identity of whoever has signed in, and its user; nil: it is nobody's. Of no user's name or address anything follows.
func (a *arrival) owner(tx *db.Tx) (*user.User, *linkedidentity.Identity, error) {
	i, err := identity.Find(tx, a.request.Pool, identity.Arrival{
		Provider: a.provider.Name, Subject: a.who.Subject, Attributes: a.mapped, Doubted: doubted(a.provider.Doc.AttributeMapping, a.claims),
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	u, err := user.Get(tx, a.request.Pool.ID, i.Sub)
	if err != nil {
		return nil, nil, fmt.Errorf("get the user of an identity: %w", err)
	}
	return u, i, nil
}

// maxUsername is how many characters a user name has at most, and nameable is what it consists of: what operations take.
const maxUsername = 128

var nameable = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)

// newUser makes the user of an identity that is nobody's yet.
func (a *arrival) newUser() (*user.User, error) {
	name := a.username()
	if utf8.RuneCountInString(name) > maxUsername || !nameable.MatchString(name) {
		return nil, errUsername
	}
	if err := attributes.CheckMapped(a.request.Pool, a.request.Client, a.mapped, nil); err != nil {
		return nil, err
	}
	u := account.NewFederated(a.request.Pool, name, a.mapped, a.DB.Now())
	return u, attributes.CheckRequired(a.request.Pool, u.Attributes)
}

// updated makes a user as the provider describes them now.
func (a *arrival) updated(u *user.User) (*user.User, error) {
	if err := attributes.CheckMapped(a.request.Pool, a.request.Client, a.mapped, u.Attributes); err != nil {
		return nil, err
	}
	u = u.Clone()
	account.Overwrite(a.request.Pool, u, a.mapped)
	return u, nil
}

// ask asks the triggers that come before the commit (docs/cognito/triggers.md, "Order").
func (a *arrival) ask() error {
	if err := a.askAboutUser(); err != nil {
		return err
	}
	var err error
	a.overrides, err = a.Hosted.Ask(a.ctx, a.request, a.expected)
	return err
}

func (a *arrival) askAboutUser() error {
	if a.known == nil {
		return a.askToCreate()
	}
	c := a.call(triggerevent.Authentication)
	c.User, c.Username = a.known, a.known.Username
	if err := a.Triggers.PreAuthentication(a.ctx, c); err != nil {
		return err
	}
	c.User = a.expected
	return a.Triggers.PostAuthentication(a.ctx, c, false)
}

// askToCreate asks PreSignUp. Users who come from a provider are confirmed in any case.
func (a *arrival) askToCreate() error {
	submitted := map[string]string{"cognito:email_alias": "", "cognito:phone_number_alias": ""}
	maps.Copy(submitted, a.expected.Attributes)
	admission, err := a.Triggers.PreSignUp(a.ctx, a.call(triggerevent.ExternalProvider), submitted)
	if err != nil {
		return err
	}
	for _, contact := range admission.Verify {
		account.Confirm(a.expected, contact)
	}
	return nil
}

// commit uses up the trip, makes or changes the user, and answers the authorization request: all of it or nothing. It may run twice.
func (a *arrival) commit(tx *db.Tx) error {
	if err := a.checkProvider(tx); err != nil {
		return err
	}
	if err := a.spend(tx); err != nil {
		return err
	}
	u, i, err := a.owner(tx)
	switch {
	case err != nil:
		return err
	case (u == nil) != (a.known == nil), u != nil && u.Sub != a.known.Sub:
		return errOvertaken
	case u == nil:
		err = a.create(tx)
	default:
		err = a.update(tx, u, i)
	}
	if err != nil {
		return err
	}

	session := a.who.Session
	a.finished, err = a.Hosted.Finish(tx, a.request.Pool.ID, a.values, hosted.SignIn{
		User: a.user, Proofs: []factor.Proof{a.provider.proof(a.who.Level)}, AuthTime: a.authTime(tx.Now),
		Browser: a.in.Browser, Overrides: a.overrides,
		Upstream: ssosession.Upstream{Provider: a.provider.Name, NameID: session.NameID, Format: session.Format, Index: session.Index},
	})
	return err
}

// create stores the user who comes with the identity, as a member of the provider's group.
func (a *arrival) create(tx *db.Tx) error {
	p, u := a.request.Pool, a.expected.Clone()
	u.Created, u.Modified = tx.Now, tx.Now
	a.user, a.created = u, true
	err := identity.Link(tx, u, linkedidentity.Identity{
		Key: linkedidentity.Key{Provider: a.provider.Name, Attribute: linkedidentity.Subject, Value: a.who.Subject},
		Doc: linkedidentity.Doc{Type: a.provider.Doc.ProviderType, Issuer: a.issuer(), Primary: true},
	})
	if err != nil {
		return err
	}
	err = account.Create(tx, p, u, false)
	if taken, ok := errors.AsType[*account.TakenError](err); ok && taken.Kind == user.NameUsername {
		return &oauth2.Error{Code: oauth2.InvalidRequest, Description: "Already found an entry for username " + plain(u.Username)}
	}
	if err != nil {
		return err
	}
	name := string(p.ID) + "_" + a.provider.Name
	err = group.Insert(tx, &group.Group{
		Pool: p.ID, Name: name, Description: "Autogenerated group for users who sign in using " + a.provider.Name,
		Created: tx.Now, Modified: tx.Now,
	})
	if err != nil && !errors.Is(err, db.ErrExists) {
		return fmt.Errorf("make the group of the provider: %w", err)
	}
	return group.Add(tx, p.ID, name, u.Sub)
}

// update writes what the provider says of a known user. Where that is what is stored, nothing is written.
func (a *arrival) update(tx *db.Tx, u *user.User, i *linkedidentity.Identity) error {
	changed, err := a.updated(u)
	if err != nil {
		return err
	}
	a.user, a.created = changed, false
	if err := identity.Settle(tx, changed, i, a.who.Subject, a.issuer()); err != nil {
		return err
	}
	if maps.Equal(changed.Attributes, u.Attributes) && maps.Equal(changed.Pending, u.Pending) {
		return nil
	}
	changed.Touch(tx.Now)
	return account.Save(tx, a.request.Pool, changed, false)
}

// issuer is the provider's name of itself as the attribute "identities" shows it: of SAML providers alone.
func (a *arrival) issuer() string {
	if a.provider.Doc.ProviderType != cognitoidp.IdentityProviderTypeTypeSaml {
		return ""
	}
	return a.who.Issuer
}

// tellConfirmed tells PostConfirmation of the new user, who stays whatever it answers.
func (a *arrival) tellConfirmed() error {
	c := a.call(triggerevent.ConfirmSignUp)
	c.User = a.user
	return a.Triggers.PostConfirmation(a.ctx, c)
}
