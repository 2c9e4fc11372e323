package unknown

import (
	"fmt"
	"strings"

	"cardea/engine/attributes"
	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/record/user"
)

// ID is the user name of the stand-in for a name, which is folded as the pool folds names. A name of any other form is its
// own id, as user names are; an address that users sign in by has a UUID, the form of a sub.
func ID(p *pool.Pool, box *seal.Box, name string) string {
	attribute := address(p, name)
	if attribute == "" {
		return name
	}
	id := box.MAC("unknown user", []byte(name))[:16]
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4
	hide(box, id, shown(attribute, name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// address tells which attribute users would sign in by with such a name, "" if it is none that they could.
func address(p *pool.Pool, name string) string {
	switch {
	case p.SignsInBy(user.NameEmail) && attributes.IsEmail(name):
		return user.NameEmail
	case p.SignsInBy(user.NamePhoneNumber) && attributes.IsPhone(name):
		return user.NamePhoneNumber
	}
	return ""
}

// Contact is an address that is masked as the one that an id was made for: its attribute and a value that agrees with the
// address in all that masks leave. It is empty for any other text.
func Contact(box *seal.Box, id string) (attribute, value string) {
	var b []byte
	if len(id) != 36 {
		return "", ""
	}
	if n, err := fmt.Sscanf(strings.ReplaceAll(id, "-", ""), "%x", &b); n != 1 || err != nil || len(b) != 16 {
		return "", ""
	}
	return contact(reveal(box, b))
}

// HasPhone tells whether the stand-in with an id has a phone number: always if they sign in by one, else half of them do,
// each always or never.
func HasPhone(box *seal.Box, id string) bool {
	attribute, _ := Contact(box, id)
	return attribute == user.NamePhoneNumber || attributes.IsPhone(id) || half(box, "phone number", id)
}

// HasPasskey tells whether the stand-in with an id has a passkey: half of them do, each always or never.
func HasPasskey(box *seal.Box, id string) bool { return half(box, "passkey", id) }

func half(box *seal.Box, of, id string) bool {
	return box.MAC("unknown user has "+of, []byte(id))[0]&1 == 0
}

// The last three bytes of an id hold, enciphered under the others, what a mask leaves of the address that the id was made
// for: two bits for its kind, then the first letters of mailbox and domain, or the number of digits and the last four.
const (
	ofEmail = 1
	ofPhone = 2
)

// shown packs what a mask leaves of an address; 0 where that is no plain text.
func shown(attribute, value string) uint32 {
	if attribute == user.NamePhoneNumber {
		var last uint32
		for _, c := range []byte(value[len(value)-4:]) {
			last = last*10 + uint32(c-'0')
		}
		return ofPhone<<22 | uint32(len(value)-1)<<18 | last<<4
	}
	mailbox, domain, _ := strings.Cut(value, "@")
	if mailbox[0] >= 0x80 || domain[0] >= 0x80 {
		return 0
	}
	return ofEmail<<22 | uint32(mailbox[0])<<14 | uint32(domain[0])<<6
}

// contact unpacks what shown has packed.
func contact(packed uint32) (attribute, value string) {
	switch packed >> 22 {
	case ofPhone:
		digits, last := int(packed>>18&15), packed>>4&0x3fff
		if packed&15 != 0 || digits < 7 || last > 9999 {
			return "", ""
		}
		return user.NamePhoneNumber, fmt.Sprintf("+%s%04d", strings.Repeat("1", digits-4), last)
	case ofEmail:
		mailbox, domain := byte(packed>>14), byte(packed>>6)
		if packed&63 != 0 || mailbox <= ' ' || mailbox > '~' || domain <= ' ' || domain > '~' {
			return "", ""
		}
		return user.NameEmail, string([]byte{mailbox, '@', domain})
	}
	return "", ""
}

func hide(box *seal.Box, id []byte, packed uint32) {
	key := box.MAC("unknown user's contact", id[:13])
	id[13], id[14], id[15] = byte(packed>>16)^key[0], byte(packed>>8)^key[1], byte(packed)^key[2]
}

func reveal(box *seal.Box, id []byte) uint32 {
	key := box.MAC("unknown user's contact", id[:13])
	return uint32(id[13]^key[0])<<16 | uint32(id[14]^key[1])<<8 | uint32(id[15]^key[2])
}
