package login

import (
	"net/http"

	"cardea/engine/interaction"
	"cardea/engine/proposal"
	"cardea/spec/cognitoidp"
)

// propose has a visitor who has come back from a provider sign in to the account that the identity is then linked with. The proposal
// stays in the visitor's interaction until they have signed in, whatever that takes. The request goes on without the provider that it
// names: there the visitor has been.
func (v *visit) propose(link *proposal.Proposal) {
	v.asked = v.asked.Without("lang").Without(chosenField).Without("identity_provider").Without("idp_identifier")
	v.bind()
	v.lasting = interaction.Lasting{Link: link}
	v.keep(interaction.Interaction{Page: stepLink})
	v.goTo(linkPath)
}

// linkCard asks for what the visitor signs in to the account with: only its name is known already, and that only where its address is
// one. What the pool calls the account otherwise is not for its page to tell.
func (v *visit) linkCard() Card {
	t := v.cards()
	var fields []Field
	if !v.namedByEmail() {
		name := v.nameField()
		name.Value = v.it.Name
		fields = append(fields, name)
	}
	if !v.request.Chooses() {
		fields = append(fields, t.currentPassword())
	}
	if v.lasting.Link == nil {
		return t.withStart(t.failed(t.ErrorOver()))
	}
	return t.link(v.lasting.Link, fields...)
}

// namedByEmail tells whether users of the pool sign in by their e-mail address.
func (v *visit) namedByEmail() bool { return v.request.Pool.SignsInBy("email") }

// link signs the visitor in to the account, or in another way.
func (v *visit) link() {
	if v.typed("skip") != "" || v.lasting.Link == nil {
		v.forget()
		v.goTo(loginPath)
		return
	}
	v.it.Name = v.lasting.Link.Email
	if !v.namedByEmail() {
		v.it.Name = v.typedName()
		if v.it.Name == "" {
			v.respond(http.StatusOK, v.page.blame(v.linkCard(), v.texts.SentenceMissing(), "username"))
			return
		}
	}
	if v.request.Chooses() {
		v.begin(cognitoidp.AuthFlowTypeUserAuth, map[string]string{"USERNAME": v.it.Name})
		return
	}
	if v.unanswered("password") {
		return
	}
	v.begin(cognitoidp.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": v.it.Name, "PASSWORD": v.typed("password")})
}

// link asks whoever has an identity at a provider to sign in to the account that it is to be linked with.
func (t cards) link(p *proposal.Proposal, fields ...Field) Card {
	by := titleOf(p.Provider)
	c := Card{
		Page: "link", Heading: t.Link(), Lead: []string{t.LinkLead(by, p.Email), t.LinkOnce(by)}, Fields: fields, Submit: t.LinkSubmit(),
		Extra: []Extra{{Name: "skip", Value: "yes", Label: t.LinkSkip()}},
	}
	if len(fields) > 0 && fields[len(fields)-1].Type == "password" {
		c.Links = []Link{t.forgotten()}
	}
	return c
}
