package login

import (
	"errors"
	"slices"
	"strings"

	"cardea/engine/account"
	"cardea/engine/device"
	"cardea/engine/factor"
	"cardea/engine/interaction"
	"cardea/engine/message"
	"cardea/spec/cognitoidp"
)

// pageToken stands for the access token where the form of a request is checked: the request itself has none.
const pageToken = "page"

// check finds what is wrong with the form of an operation's request, as the API would. Token is the request's own.
func (o *ownVisit) check(operation string, token *string, in any) error {
	*token = pageToken
	defer func() { *token = "" }()
	return o.Check(operation, in)
}

// overview lists what the account has, each on a page of its own.
func (o *ownVisit) overview() (Card, error) {
	t, u := o.cards(), o.who.User
	c := Card{Page: "account", Heading: t.Account(), Account: o.name()}
	c.Rows = []Row{{Label: t.AccountDetails(), Value: u.Attributes["name"], Address: o.address(detailsPath)}}
	for _, contact := range []struct{ attribute, path string }{{"email", emailPath}, {"phone_number", phonePath}} {
		if r := o.contactRow(contact.attribute); mayWrite(contact.attribute)(o) {
			r.Address = o.address(contact.path)
			c.Rows = append(c.Rows, r)
		}
	}
	for _, r := range []struct {
		there             bool
		label, mark, path string
	}{
		{o.changesPassword(), t.Password(), "", ownPasswordPath},
		{o.hasPasskeys(), t.AccountPasskeys(), "", ownPasskeysPath},
		{o.hasSecondStep(), t.AccountSecond(), t.onOff(factor.Some(u.MFA)), secondStepPath},
		{o.hasDevices(), t.AccountDevices(), "", devicesPath},
		{true, t.AccountSessions(), "", sessionsPath},
	} {
		if r.there {
			c.Rows = append(c.Rows, Row{Label: r.label, Mark: r.mark, Good: r.mark == t.AccountOn(), Address: o.address(r.path)})
		}
	}
	c.Extra = []Extra{{Action: o.address(signOutPath), Name: "sign-out", Value: "here", Label: t.AccountSignOut()}}
	return c, nil
}

func (t cards) onOff(on bool) string {
	if on {
		return t.AccountOn()
	}
	return t.AccountOff()
}

// changesPassword tells whether the user has a password of the pool's, or may give themselves one.
func (o *ownVisit) changesPassword() bool {
	return o.who.User.Status == cognitoidp.UserStatusTypeConfirmed
}

// hasDevices tells whether the pool remembers devices.
func (o *ownVisit) hasDevices() bool { return device.Tracks(o.who.Pool) }

// editable are the attributes that the page of details shows: those that the app may read and write, and that the user has, the
// pool requires, or the app's owner has named.
func (o *ownVisit) editable() (names []string) {
	app, u := o.who.Client, o.who.User
	for _, a := range o.who.Pool.Doc.SchemaAttributes {
		name := a.Name
		fixed := a.Mutable != nil && !*a.Mutable || slices.Contains(append([]string{"updated_at", "sub"}, account.Contacts...), name)
		if fixed || !app.CanRead(name) || !app.CanWrite(name) || o.who.Pool.UsernameIs(name) {
			continue
		}
		required := a.Required != nil && *a.Required
		if required || u.Attributes[name] != "" || app.Doc.WriteAttributes != nil || name == "name" {
			names = append(names, name)
		}
	}
	return names
}

func (o *ownVisit) detailsCard() (Card, error) {
	t := o.cards()
	c := Card{Page: "details", Heading: t.AccountDetails(), Submit: t.AccountSave()}
	for _, name := range o.editable() {
		f := t.attribute(name)
		f.Label = strings.TrimPrefix(f.Label, "custom:")
		a, _ := o.who.Pool.Attribute(name)
		f.Required = a.Required != nil && *a.Required
		f.Value = o.who.User.Attributes[name]
		if o.typed(accountField) != "" {
			f.Value = o.typed(name)
		}
		c.Fields = append(c.Fields, f)
	}
	if len(c.Fields) == 0 {
		c.Submit = ""
	}
	return c, nil
}

// saveDetails changes the attributes that were typed anew.
func (o *ownVisit) saveDetails() error {
	in := &cognitoidp.UpdateUserAttributesRequest{}
	for _, name := range o.editable() {
		value := strings.TrimSpace(o.typed(name))
		if o.r.PostForm.Has(name) && value != o.who.User.Attributes[name] {
			in.UserAttributes = append(in.UserAttributes, cognitoidp.AttributeType{Name: name, Value: value})
		}
	}
	if len(in.UserAttributes) == 0 {
		o.goTo(accountPath)
		return nil
	}
	if err := o.check("UpdateUserAttributes", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.API.Profile.UpdateUserAttributes(o.ctx(), in); err != nil {
		return err
	}
	o.done("saved", accountPath)
	return nil
}

// contact makes of a method for a contact one for its page.
func contact(attribute string, shows func(*ownVisit, string) (Card, error)) func(*ownVisit) (Card, error) {
	return func(o *ownVisit) (Card, error) { return shows(o, attribute) }
}

func contactDoes(attribute string, does func(*ownVisit, string) error) func(*ownVisit) error {
	return func(o *ownVisit) error { return does(o, attribute) }
}

// mayWrite tells whether the app may show and change a contact.
func mayWrite(attribute string) func(*ownVisit) bool {
	return func(o *ownVisit) bool {
		a, there := o.who.Pool.Attribute(attribute)
		return there && (a.Mutable == nil || *a.Mutable) && o.who.Client.CanRead(attribute) && o.who.Client.CanWrite(attribute)
	}
}

func (o *ownVisit) contactRow(attribute string) Row {
	t := o.cards()
	r := Row{Label: t.attribute(attribute).Label, Value: o.who.User.Attributes[attribute]}
	switch {
	case r.Value == "":
		r.Mark = t.AccountNone()
	case o.who.User.Attributes[attribute+"_verified"] == "true":
		r.Mark, r.Good = t.AccountConfirmed(), true
	default:
		r.Mark = t.AccountUnconfirmed()
	}
	return r
}

// contactCard asks for another address or number.
func (o *ownVisit) contactCard(attribute string) (Card, error) {
	t := o.cards()
	f := t.attribute(attribute)
	c := t.newContact(o.contactRow(attribute), f, o.typed("value"))
	if pending := account.Target(o.who.User, attribute); pending != "" && !c.Rows[0].Good || pending != c.Rows[0].Value {
		c.Extra = []Extra{{Name: "verify", Value: "yes", Label: t.AccountContactConfirm()}}
	}
	return c, nil
}

// newContact asks for a contact in the place of the one that the row shows.
func (t cards) newContact(now Row, f Field, typed string) Card {
	heading := now.Label
	f.Name, f.Value, f.Required, f.Label = "value", typed, true, t.AccountContactNew()
	return Card{Page: "contact", Heading: heading, Rows: []Row{now}, Fields: []Field{f}, Submit: t.AccountSave()}
}

// saveContact changes a contact, or has a code sent for the one that is there.
func (o *ownVisit) saveContact(attribute string) error {
	if o.typed("verify") != "" {
		return o.sendCode(attribute, "")
	}
	value := strings.TrimSpace(o.typed("value"))
	if attribute == "phone_number" {
		value = withoutGroups(value)
	}
	if o.missing("value") {
		return nil
	}
	in := &cognitoidp.UpdateUserAttributesRequest{UserAttributes: []cognitoidp.AttributeType{{Name: attribute, Value: value}}}
	if err := o.check("UpdateUserAttributes", &in.AccessToken, in); err != nil {
		return err
	}
	out, err := o.API.Profile.UpdateUserAttributes(o.ctx(), in)
	switch {
	case errors.Is(err, message.ErrNoSender): // what was changed is changed all the same
		o.done("not sent", accountPath)
	case err != nil:
		return err
	case len(out.CodeDeliveryDetailsList) > 0:
		o.askForCode(attribute, &out.CodeDeliveryDetailsList[0], "")
	default:
		o.done("saved", accountPath)
	}
	return nil
}

// sendCode has a code sent to the contact that is to be confirmed.
func (o *ownVisit) sendCode(attribute, notice string) error {
	in := &cognitoidp.GetUserAttributeVerificationCodeRequest{AttributeName: attribute}
	out, err := o.API.Profile.GetUserAttributeVerificationCode(o.ctx(), in)
	if err != nil {
		return err
	}
	o.askForCode(attribute, out.CodeDeliveryDetails, notice)
	return nil
}

// askForCode leads to the page that asks for the code of a contact.
func (o *ownVisit) askForCode(attribute string, sent *cognitoidp.CodeDeliveryDetailsType, notice string) {
	o.keep(interaction.Interaction{Notice: notice, Shown: destination(sent), Name: o.name()})
	if attribute == "email" {
		o.goTo(verifyEmailPath)
		return
	}
	o.goTo(verifyPhonePath)
}

// verifyCard asks for the code that was sent to a contact.
func (o *ownVisit) verifyCard(attribute string) (Card, error) {
	if account.Target(o.who.User, attribute) == "" {
		return o.contactCard(attribute)
	}
	return o.cards().confirmContact(o.it.Shown["CODE_DELIVERY_DESTINATION"]), nil
}

// confirmContact asks for the code that was sent to a contact of the account.
func (t cards) confirmContact(destination string) Card {
	c := t.confirm("", destination)
	c.Page, c.Heading, c.Action = "confirm-contact", t.CodeTitle(), ""
	c.Extra[0].Action = ""
	return c
}

// verifyContact confirms a contact by its code, or has another code sent.
func (o *ownVisit) verifyContact(attribute string) error {
	if o.typed("resend") != "" {
		return o.sendCode(attribute, "sent")
	}
	if o.missing("code") {
		return nil
	}
	in := &cognitoidp.VerifyUserAttributeRequest{AttributeName: attribute, Code: o.typedCode()}
	if err := o.check("VerifyUserAttribute", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.API.Profile.VerifyUserAttribute(o.ctx(), in); err != nil {
		return err
	}
	o.done("contact", accountPath)
	return nil
}
