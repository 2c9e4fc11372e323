package login

import "html/template"

// Card is what a page says and asks.
type Card struct {
	Page    string // what the page is, for style sheets and tests
	Heading string
	Lead    []string
	Account string // who is signing in, with a way to change that
	Notice  string // what has just been done
	Alert   string // what went wrong, when no field is to blame
	Key     *Key
	Passkey string // the options of WebAuthn, in JSON, where a passkey is asked for
	Offer   *Offer // of a passkey, where another answer is asked for
	Enroll  bool   // a passkey is made

	Rows []Row

	Action  string // where the form is posted; empty: the page's own address
	Hidden  []Pair
	Fields  []Field
	Choices []Choice
	Legal   []Link // a sentence in parts, what whoever presses the button agrees to; parts without an address are plain text
	Submit  string // the primary button; empty: there is none
	Posts   bool   // the form is another site's, which is to have it at once; the button is for browsers without scripts
	Extra   []Extra
	Links   []Link
	Back    bool // the script offers a way to the page before

	Providers Providers // that users may sign in with; the style says where and in which order
	Graphic   string    // the way to sign in whose picture of the style the card shows: email, sms, app, password, passkey
}

// Offer lets a visitor sign in with a passkey in the place of the answer that a page asks for.
type Offer struct {
	Options  string // of WebAuthn, in JSON
	Ceremony string // sealed
	Renew    int    // seconds after which the page asks for another
}

// Pair is a value that the form carries.
type Pair struct{ Name, Value string }

// Key is the secret of an authenticator app.
type Key struct {
	Picture template.URL // a data URL
	Text    string       // in groups of four
}

// Field is one input.
type Field struct {
	Name, Label, Hint, Error, Value string

	Type         string // of the HTML element; "code" and "password" have more
	Autocomplete string // the token of the HTML standard
	Required     bool
	Focus        bool // begin here
	Rules        []Rule
}

// Rule is one that a new password has to meet, shown as met while it is typed.
type Rule struct {
	Text    string
	Pattern string // a regular expression of JavaScript
}

// Choice is one of several ways to go on: a button that posts its value.
type Choice struct {
	Name, Value, Label, Hint string
	Icon                     string // of icons.html
}

// Extra is a second form with one quiet button, as to have a code sent again.
type Extra struct {
	Action, Name, Value, Label string
	Wait                       int    // seconds until it may be used, as far as the page knows
	Waiting                    string // what it says meanwhile; {seconds} stands for the rest
}

// Link is a quiet link, with what is said before it.
type Link struct{ Before, Text, Address string }

// Providers are the identity providers that users may sign in with: buttons of a form that leads to them, and has the authorization
// request.
type Providers struct {
	Action string
	Hidden []Pair
	List   []Provider
}

// Provider is one of them.
type Provider struct {
	Name   string // as the pool has it
	Title  string // what people call it
	Label  string // of the button
	Social bool   // one of those that everybody knows, not an organisation's own
}

// Blamed tells whether a field has an error.
func (c Card) Blamed() bool {
	for _, f := range c.Fields {
		if f.Error != "" {
			return true
		}
	}
	return false
}

// Script tells whether the page has anything that its script does.
func (c Card) Script() bool {
	return len(c.Fields) > 0 || len(c.Rows) > 0 || len(c.Choices) > 0 || len(c.Extra) > 0 || c.Submit != "" || c.Back
}
