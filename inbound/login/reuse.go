package login

import (
	"errors"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/platform/browser"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// accountField is what the form has that goes on with the account that the browser is signed in to: whose it is.
const accountField = "account"

// browser is the visitor's, as far as single sign-on knows it.
func (v *visit) browser() hosted.Browser {
	return hosted.Browser{Domain: v.site.Domain, SSO: v.read(v.cookie(browser.SSO))}
}

// recall finds the account that the visitor may go on with at the first page.
func (v *visit) recall() (err error) {
	if v.page.path != loginPath {
		return nil
	}
	v.account, err = v.Hosted.SignedIn(v.r.Context(), v.request, v.browser())
	if errors.Is(err, hosted.ErrLoginRequired) {
		return nil
	}
	return err
}

// reuseCard offers to go on with an account. Another one is signed in to by a request that wants a new sign-in.
func (v *visit) reuseCard() Card {
	t := v.cards()
	anew := v.asked.With("prompt", oauth2.PromptLogin).Encode()
	c := t.reuse(v.app(), v.account.Name, v.site.BaseURL+loginPath+"?"+anew)
	c.Hidden = append(c.Hidden, Pair{accountField, string(v.account.Sub)})
	return c
}

// reuse goes on with the account that the page has shown.
func (v *visit) reuse(account string) {
	b := v.browser()
	b.Shown = id.Sub(account)
	out, err := v.Hosted.Reuse(v.r.Context(), v.request, b)
	switch {
	case errors.Is(err, hosted.ErrLoginRequired):
		v.goTo(loginPath) // which shows who is signed in now, if anybody is
	case err != nil:
		v.refuse(err)
	default:
		v.it.Name = v.account.Name
		v.finish(out)
	}
}

// finish sends the visitor back to the app, to the page that they have signed in for, or to be asked about a device.
func (v *visit) finish(out *hosted.Finished) {
	lasting, name := v.lasting, v.it.Name
	v.forget()
	if out.SSO != "" {
		v.set(v.cookie(browser.SSO), out.SSO, int(out.Life.Seconds()))
		if lasting.Then != "" {
			v.goTo(lasting.Then) // the code is not redeemed
			return
		}
		if lasting.SignedUp && out.Own == "" && out.Device == "" && v.offerPasskey(out.Location) {
			return
		}
	}
	if out.Device != "" {
		v.keep(interaction.Interaction{Page: stepDevice, Session: out.Device, Name: name})
		v.goTo(deviceAnswerPath)
		return
	}
	if out.Own != "" {
		v.leave(v.site.BaseURL + out.Own + "?client_id=" + string(v.request.Client.ID))
		return
	}
	v.sendBack(out.Location)
}
