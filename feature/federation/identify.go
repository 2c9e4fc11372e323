package federation

import (
	"cmp"
	"strings"

	"cardea/engine/attributes"
	"cardea/engine/identity"
	"cardea/engine/trigger"
	"cardea/outbound/upstream"
	"cardea/record/user"
	"cardea/spec/oauth2"
	"cardea/spec/triggerevent"
)

// identify finds out who the provider says has signed in.
func (a *arrival) identify() (err error) {
	if a.provider.SAML != nil {
		return a.identifyBySAML()
	}
	v := a.in.Values
	if code := v.Get("error"); code != "" {
		return refusedThere(code, v.Get("error_description"))
	}
	a.who, err = a.Upstream.Redeem(a.ctx, *a.provider.OAuth, upstream.Arrival{
		Code: v.Get("code"), Issuer: v.Get("iss"), User: v.Get("user"),
		RedirectURI: a.in.Site.BaseURL + OAuthCallback, Nonce: a.in.Trip.Nonce, Verifier: a.in.Trip.Verifier,
		MaxAge: maxAge(a.request),
	}, a.journal)
	return err
}

// refusedThere words that the provider, or its user, has refused the sign-in.
func refusedThere(code, description string) error {
	switch code {
	case oauth2.AccessDenied, "user_cancelled_authorize", "user_denied": // Apple, Facebook
		return &oauth2.Error{Code: oauth2.AccessDenied, Description: plain(cmp.Or(description, code))}
	}
	text := plain(code)
	if said := plain(description); said != "" {
		text += " - " + said
	}
	return &oauth2.Error{Code: oauth2.InvalidRequest, Description: text}
}

// maxSaid is how much is repeated of what a provider says is wrong, in bytes.
const maxSaid = 200

// plain is a provider's text as it may stand in a redirect: of printable ASCII characters, in bounds.
func plain(text string) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, text[:min(len(text), maxSaid)])
	return strings.Join(strings.Fields(text), " ")
}

// mapClaims asks InboundFederation what to take over of what the provider says, and maps it to attributes. The subject stays what the
// provider has said, whatever the function answers.
func (a *arrival) mapClaims() error {
	replaced, err := a.Triggers.InboundFederation(a.ctx, a.call(triggerevent.ExternalProvider), triggerevent.InboundFederationRequest{
		ProviderName: a.provider.Name, ProviderType: a.provider.Doc.ProviderType, Attributes: a.who.Said,
	})
	if err != nil {
		return err
	}
	a.claims = a.who.Claims
	if replaced != nil {
		a.claims = replaced
	}
	a.mapped = mapped(a.provider.Doc.AttributeMapping, a.claims)
	if email := a.mapped[user.NameEmail]; email != "" {
		folded := identity.FoldAddress(a.request.Pool, email)
		if folded != a.request.Pool.Fold(email) { // users are found by the latter, which is another mailbox
			return &attributes.ValueError{Name: user.NameEmail, Rule: attributes.NotEmail, Writer: attributes.Provider}
		}
		a.mapped[user.NameEmail] = folded
	}
	return nil
}

// call is what triggers are told about the sign-in.
func (a *arrival) call(occasion triggerevent.Occasion) trigger.Call {
	return trigger.Call{App: a.request.App, Occasion: occasion, Username: a.username()}
}

// username is the name of a user who comes with the identity.
func (a *arrival) username() string {
	return a.request.Pool.Fold(a.provider.Name + "_" + a.who.Subject)
}

// marks are the attributes that say whether an address is verified, with the addresses.
var marks = map[string]string{"email_verified": "email", "phone_number_verified": "phone_number"}

// doubted are the mapped addresses of which a provider says that it has not verified them: by the claim that is mapped to that, or by
// that of OpenID Connect. Where it says nothing, it has not to be doubted.
func doubted(mapping, claims map[string]string) (addresses []string) {
	for mark, address := range marks {
		claim := mapping[mark]
		if claim == "" && mapping[address] == address {
			claim = mark
		}
		if said := claims[claim]; said != "" && !strings.EqualFold(said, "true") {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// mapped are the attributes of what a provider says. An address is unverified unless the provider can say that it is: where nothing is
// mapped to that, where it says anything but true, and where it does not name the address itself.
func mapped(mapping, claims map[string]string) map[string]string {
	all := map[string]string{}
	for attribute, claim := range mapping {
		if value := claims[claim]; value != "" && attribute != username {
			all[attribute] = value
		}
	}
	for mark, address := range marks {
		switch value, said := all[mark]; {
		case all[address] == "":
			delete(all, mark)
		case said && !strings.EqualFold(value, "true"), mapping[mark] == "":
			all[mark] = "false"
		case said:
			all[mark] = "true"
		}
	}
	return all
}
