package broker

import (
	"crypto/sha256"
	"encoding/json"
)

// fingerprint names what is asked of whom on which proof. Requests of different logins never share one.
func fingerprint(from *Broker, a Ask) [sha256.Size]byte {
	text, err := json.Marshal([]any{from, a.Identity, a.Role, a.Guest, a.Policy, a.Session, a.Logins}) // maps are written in the order of their keys
	if err != nil {
		panic(err) // texts always encode
	}
	return sha256.Sum256(text)
}
