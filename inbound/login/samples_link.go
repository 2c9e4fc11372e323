package login

import "cardea/engine/proposal"

// linkSamples are the pages of links with identities at providers.
func linkSamples(t cards) []sample {
	p := &proposal.Proposal{Provider: "Google", Email: sampleName}
	name := Field{Name: "username", Label: t.Username(), Type: "text", Autocomplete: "username", Required: true, Focus: true}
	return []sample{
		{name: "link", card: t.link(p, t.currentPassword())},
		{name: "link-wrong", card: blame(t.link(p, t.currentPassword()), 0, t.SentenceIncorrect())},
		{name: "link-choose", card: t.link(p)},
		{name: "link-name", card: t.link(p, name, t.currentPassword())},
	}
}
