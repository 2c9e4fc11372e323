package verification

import (
	"fmt"
	"regexp"

	"cardea/engine/unknown"
)

var (
	looksLikeMail  = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	looksLikePhone = regexp.MustCompile(`^\+[0-9]{7,15}$`)
)

// imagine gives the destination that an unknown user would have: the typed name if it is an address, otherwise one that is
// always the same for the same user in the same pool. Cognito determines the medium by the same two things, the form of
// the name and the pool's settings; at sign-in it is the one that was chosen.
func imagine(t Target) (attribute, to string) {
	name := t.Pool.Fold(t.UnknownUser)
	chosen := func(medium string) bool { return t.Purpose != SignIn || t.Attribute == medium }
	switch {
	case looksLikeMail.MatchString(name) && chosen("email"):
		return "email", name
	case looksLikePhone.MatchString(name) && chosen("phone_number"):
		return "phone_number", name
	}
	id := unknown.ID(t.Pool, t.Box, name)
	if attribute, to := unknown.Contact(t.Box, id); attribute != "" && chosen(attribute) {
		return attribute, to
	}

	seed := t.Box.MAC("imagined destination", []byte(id))
	if t.Attribute == "phone_number" {
		return t.Attribute, fmt.Sprintf("+1555%03d%04d", int(seed[0]), (int(seed[1])<<8|int(seed[2]))%10_000)
	}
	const letters, providers = "abcdefghijklmnoprstw", "gghmoiyae" // first letters that names and mail domains have
	return "email", string(letters[int(seed[0])%len(letters)]) + "@" + string(providers[int(seed[1])%len(providers)])
}
