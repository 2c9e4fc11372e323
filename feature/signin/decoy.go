package signin

import (
	"fmt"

	"cardea/engine/attributes"
	"cardea/record/user"
)

// decoy is what stands in for the user of a name that no user has.
type decoy struct {
	id string // USER_ID_FOR_SRP
}

// decoy gives the stand-in for the name signed in with. As with users, the id that was answered for a name answers itself:
// a user name is its own id, an address that users sign in by has a UUID. All else about a decoy (salt, verifier, passkeys,
// failures) belongs to its id, so that both names lead to the same.
func (a *attempt) decoy() decoy {
	byEmail := a.Pool.SignsInBy(user.NameEmail) && attributes.IsEmail(a.name)
	byPhone := a.Pool.SignsInBy(user.NamePhoneNumber) && attributes.IsPhone(a.name)
	if !byEmail && !byPhone {
		return decoy{a.name}
	}
	b := a.Box.MAC("decoy id", []byte(a.name))[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return decoy{fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])}
}

// srpID is USER_ID_FOR_SRP: the user name that the verifier was made with, never an alias.
func (a *attempt) srpID() string {
	if a.User == nil {
		return a.decoy().id
	}
	return a.User.Username
}

// decoyName is what the salt and verifier of a decoy are stable for: the user who has none of their own, by whichever name,
// or the stand-in.
func (a *attempt) decoyName() string {
	if a.User == nil {
		return "unknown/" + a.decoy().id
	}
	return "user/" + string(a.User.Sub)
}

// decoyHasPasskey tells whether the stand-in has a passkey: half of them do, each always or never.
func (a *attempt) decoyHasPasskey() bool {
	return a.Box.MAC("passkey decoy owner", []byte(a.decoy().id))[0]&1 == 0
}
