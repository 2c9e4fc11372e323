package login

import (
	"crypto/rand"
	"strings"

	"cardea/engine/interaction"
	"cardea/platform/browser"
)

const (
	maxOpen     = 3  // interactions of a browser at a time, and trips to identity providers
	browserChar = 26 // characters of a browser's id
	year        = 365 * 24 * 60 * 60
)

func (v *visit) cookies() browser.Cookies {
	return browser.Cookies{Secure: v.site.Secure, Path: v.site.Path}
}

// cookie is the name of a cookie of the site.
func (v *visit) cookie(name string) string { return v.cookies().Name(name) }

// set sends a cookie. An age of 0 is that of the browser's session, and a negative one deletes it.
func (v *visit) set(name, value string, age int) { v.cookies().Set(v.w, name, value, age) }

func (v *visit) read(name string) string { return v.cookies().Get(v.r, name) }

// browserID is the id of the visitor's browser; a new one gets it now. By itself it proves nothing.
func (v *visit) browserID() string {
	name := v.cookie("browser")
	given := v.read(name)
	if len(given) == browserChar && !strings.ContainsFunc(given, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') }) {
		return given
	}
	fresh := rand.Text()
	v.set(name, fresh, 0)
	return fresh
}

// interactionPrefix begins the names of the cookies of interactions: that of the time of the last step and of the request
// follow.
const interactionPrefix = "i-"

// interactionName is the name of the cookie of the visit's interaction.
func (v *visit) interactionName() string { return v.cookie(interactionPrefix + v.owner.Request[:12]) }

// progress reads how far the visitor has come.
func (v *visit) progress() interaction.Interaction {
	it, _ := interaction.Open(v.request.Box, v.owner, v.read(v.interactionName()), v.Now())
	return it
}

// keep makes the browser remember how far the visitor has come, and forget what it remembers beyond the most that are open at a
// time: others, of which it sends the names alone.
func (v *visit) keep(it interaction.Interaction) {
	it.Lasting = v.lasting
	v.it = it
	own := v.interactionName()
	sealed := interaction.Seal(v.request.Box, v.owner, it, v.Now())
	if sealed == "" {
		v.forget()
		return
	}
	v.cookies().SetOneOf(v.w, v.r, browser.OneOf{
		Prefix: interactionPrefix, Most: maxOpen, Name: own, Value: sealed, Age: int(interaction.Life.Seconds()),
	})
}

// forget ends the visit's interaction.
func (v *visit) forget() {
	v.it, v.lasting = interaction.Interaction{}, interaction.Lasting{}
	v.set(v.interactionName(), "", -1)
}

// chooseLanguage takes the language that the address names, or that the visitor has chosen before, or the one that the browser
// prefers.
func (v *visit) chooseLanguage() {
	name := v.cookie("lang")
	all := v.Templates.texts(v.site.Pool)
	if asked := v.r.URL.Query().Get("lang"); asked != "" {
		if texts, known := all.In(asked); known {
			v.texts = texts
			v.set(name, texts.Tag, year)
			return
		}
	}
	if texts, known := all.In(v.read(name)); known {
		v.texts = texts
		return
	}
	v.texts = all.For(v.r.Header.Get("Accept-Language"))
}
