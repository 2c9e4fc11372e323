package login

import (
	"fmt"
	"net/http"
	"time"

	"cardea/engine/interaction"
	"cardea/engine/passkey"
	"cardea/feature/signin"
	"cardea/inbound/login/text"
)

// ofPasskeys are what the pages of passkeys say of the API's faults.
var ofPasskeys = words{
	"NotAuthorizedException": (*text.Texts).PasskeyFailed,
	"UserNotFoundException":  (*text.Texts).PasskeyFailed,
}

func (v *visit) passkeyCard() Card {
	return v.withOtherWays(v.cards().usePasskey(v.it.Name, v.it.Shown["CREDENTIAL_REQUEST_OPTIONS"]))
}

func (v *visit) usePasskey() {
	if v.typed("credential") == "" {
		v.respond(http.StatusOK, alert(v.passkeyCard(), v.texts.PasskeyFailed()))
		return
	}
	v.reply(v.it.Page, v.it.Session, map[string]string{"CREDENTIAL": v.typed("credential")})
}

// withOffer adds to a page the offer to sign in with a passkey, where users can. Nothing is stored: the ceremony is in the page, and
// opens in this browser and for this authorization request alone.
func (v *visit) withOffer(c Card) Card {
	options, ceremony, err := v.Signin.DiscoverPasskey(v.request, v.site.Origin(), v.Now())
	if err != nil {
		v.failure = fmt.Errorf("offer passkeys: %w", err) // the page does without
		return c
	}
	if options == "" {
		return c
	}
	c.Fields[0].Autocomplete += " webauthn"
	c.Offer = &Offer{
		Options: options, Ceremony: interaction.SealCeremony(v.request.Box, v.owner, ceremony.Challenge, ceremony.Expires),
		Renew: int(passkey.DiscoveryLife/time.Second) * 3 / 4,
	}
	return c
}

// beginByPasskey signs in by a passkey that the visitor has chosen before they have given a name.
func (v *visit) beginByPasskey() {
	v.page.says = ofPasskeys
	v.it = interaction.Interaction{}
	challenge, until, ok := interaction.OpenCeremony(v.request.Box, v.owner, v.typed("ceremony"))
	if !ok {
		v.respond(http.StatusOK, alert(v.loginCard(), v.texts.PasskeyFailed()))
		return
	}
	out, err := v.Signin.BeginByPasskey(v.r.Context(), signin.Request{
		Given: map[string]string{"CREDENTIAL": v.typed("credential")},
	}.AtPages(v.r.Context(), v.authorization()), signin.Ceremony{Challenge: challenge, Expires: until})
	v.goOn(out, err)
}
