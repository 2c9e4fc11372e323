package mail

import "crypto/rand"

// messageID names a letter in the sender's domain (RFC 5322, section 3.6.4), not by this machine's name.
func messageID(domain string) string {
	return rand.Text() + "@" + domain
}
