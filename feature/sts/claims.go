package sts

import (
	"regexp"

	"cardea/spec/sts"
)

// The forms of what tokens say of a session: those that the model has for requests.
var (
	tagKey      = regexp.MustCompile(`\A[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}\z`)
	tagValue    = regexp.MustCompile(`\A[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}\z`)
	sessionName = regexp.MustCompile(`\A[\w+=,.@-]{2,64}\z`)
)

// claim gives the session what a token wants. The token was signed by a provider that an administrator trusts, who may not have
// thought of what its users write into it.
func (a *assumption) claim(c claims) error {
	for _, t := range c.tags {
		if !tagKey.MatchString(t.Key) || !tagValue.MatchString(t.Value) {
			return sts.InvalidIdentityToken("The session tags of the token are not valid.")
		}
	}
	var err error
	if a.Tags, a.Transitive, err = (tags{}).with(c.tags, c.transitive); err != nil {
		return err
	}
	if c.sourceIdentity == "" {
		return nil
	}
	if !sessionName.MatchString(c.sourceIdentity) { // which has no colon
		return sts.InvalidIdentityToken(`Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`)
	}
	a.SourceIdentity = c.sourceIdentity
	return nil
}
