package login

import (
	"cmp"
	"net/http"

	"cardea/engine/interaction"
	"cardea/feature/federation"
	"cardea/spec/cognitoidp"
)

// titles are what people call the providers that everybody knows, by their names.
var titles = map[string]string{
	cognitoidp.IdentityProviderTypeTypeGoogle:          "Google",
	cognitoidp.IdentityProviderTypeTypeFacebook:        "Facebook",
	cognitoidp.IdentityProviderTypeTypeLoginWithAmazon: "Amazon",
	cognitoidp.IdentityProviderTypeTypeSignInWithApple: "Apple",
}

// titleOf is what people call a provider: an organisation's own as the pool does.
func titleOf(provider string) string { return cmp.Or(titles[provider], provider) }

// withProviders adds identity providers to a card, by the form that leads to them.
func (t cards) withProviders(c Card, form Providers, names ...string) Card {
	for _, name := range names {
		title, social := titles[name]
		title = cmp.Or(title, name)
		form.List = append(form.List, Provider{Name: name, Title: title, Label: t.SignInWith(title), Social: social})
	}
	c.Providers = form
	return c
}

// findOffers finds the identity providers that the visitor may sign in with.
func (v *visit) findOffers() bool {
	var err error
	if v.offers, err = v.Offers.Of(v.r.Context(), v.request); err != nil {
		v.failed(err)
		return false
	}
	return true
}

// withOffers adds to the first page the providers that have a button there.
func (v *visit) withOffers(c Card) Card {
	form := Providers{Action: v.site.BaseURL + loginPath}
	for _, p := range v.asked.All() {
		form.Hidden = append(form.Hidden, Pair(p))
	}
	var names []string
	for _, one := range v.offers {
		if !federation.Searched(v.offers, one.Type) {
			names = append(names, one.Name)
		}
	}
	return v.cards().withProviders(c, form, names...)
}

// searches tells whether the first page takes an e-mail address, by whose domain the visitor may be sent to a provider.
func (v *visit) searches() bool {
	for _, one := range v.offers {
		if len(one.Domains) > 0 {
			return true
		}
	}
	return false
}

// hasAccounts tells whether the app's users may have accounts of the pool itself.
func (v *visit) hasAccounts() bool { return v.request.Serves("") }

// search sends the visitor to the provider of their address's domain, of which alone it depends.
func (v *visit) search(address string) bool {
	provider := federation.ByDomain(v.offers, address)
	if provider == "" {
		return false
	}
	if err := v.depart(provider, v.asked.With("login_hint", address)); err != nil {
		v.refuseChoice(err)
	}
	return true
}

// elsewhereCard is the first page of an app whose users have no accounts of the pool itself.
func (v *visit) elsewhereCard() Card {
	c := v.cards().elsewhere(v.app(), v.searches())
	if len(c.Fields) > 0 {
		c.Fields[0].Value = v.suggestedName()
	}
	return v.withOffers(c)
}

// elsewhere asks who signs in, where all accounts are at providers: for an e-mail address if its domain may tell where.
func (t cards) elsewhere(app string, searches bool) Card {
	c := Card{Page: "sign-in", Heading: t.SignIn(), Lead: []string{t.SignInTo(app)}}
	if searches {
		c.Submit = t.Continue()
		c.Fields = []Field{{Name: "username", Label: t.Email(), Type: "email", Autocomplete: "email", Required: true, Focus: true}}
	}
	return c
}

// seekElsewhere takes the address of a visitor whose account is at a provider.
func (v *visit) seekElsewhere() {
	switch {
	case !v.searches():
		v.refuseElsewhere()
	case v.typedName() == "":
		v.respond(http.StatusOK, blame(v.elsewhereCard(), 0, v.texts.SentenceMissing()))
	case !v.search(v.typedName()):
		v.code = "Refused"
		v.respond(http.StatusOK, blame(v.elsewhereCard(), 0, v.texts.SentenceDomain()))
	}
}

// refuseElsewhere refuses an answer to a page that the app does not have.
func (v *visit) refuseElsewhere() {
	v.code = "Refused"
	v.respond(http.StatusOK, alert(v.elsewhereCard(), v.texts.SentenceProvider()))
}

// askPassword asks for the password on a page of its own, whoever the name is of.
func (v *visit) askPassword() {
	v.keep(interaction.Interaction{Page: stepPassword, Name: v.it.Name})
	v.goTo(passwordPath)
}
