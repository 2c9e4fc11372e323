package message

import (
	"html"
	"net/url"
	"strings"

	"cardea/engine/trigger"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// LinkPath is the path of the page that a link leads to, below the address of the pool's pages.
const LinkPath = "/confirmUser"

// ByLink reports whether a message has a link in the place of a code: mail of a pool with CONFIRM_WITH_LINK that confirms a
// sign-up (docs/cognito/messages.md, "Links").
func ByLink(p *pool.Pool, kind Kind, attribute string) bool {
	t := p.Doc.VerificationMessageTemplate
	return t != nil && t.DefaultEmailOption == cognitoidp.DefaultEmailOptionTypeConfirmWithLink &&
		attribute == "email" && (kind == SignUp || kind == ResendCode)
}

// byLink reports whether the message has a link.
func (m Message) byLink() bool { return ByLink(m.Pool, m.Kind, m.Attribute) }

// link is the address that confirms the sign-up of a message's user. Its base is configured and never taken from a request.
func (c *Outbox) link(m Message) string {
	query := url.Values{"user_name": {m.Username}, "confirmation_code": {m.Code}}
	if m.Client != nil {
		query.Set("client_id", string(m.Client.ID))
	}
	return c.Pages(m.Pool) + LinkPath + "?" + query.Encode()
}

// fillLink puts a link into the HTML of a mail. A place without a text of its own shows the address.
func fillLink(template, address string) string {
	address = html.EscapeString(address)
	return trigger.LinkPlace.ReplaceAllStringFunc(template, func(place string) string {
		text := strings.TrimSpace(trigger.LinkPlace.FindStringSubmatch(place)[1])
		if text == "" {
			text = address
		}
		return `<a href="` + address + `">` + text + `</a>`
	})
}
