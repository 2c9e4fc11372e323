package verification

import "crypto/hmac"

// Question is a code that was sent and that only its asker remembers: sealed in the session that waits for the answer.
// Once-only use and the number of tries are the session's business.
type Question struct {
	Attribute string `json:"a"`           // where the code was sent: "email" or "phone_number"
	To        string `json:"t,omitempty"` // Target.To
	Hash      []byte `json:"h"`
}

// Answers tells whether what was typed is the code that was sent to the user, who still has the address it went to.
func (q Question) Answers(t Target, typed string) bool {
	var to string
	if t.To = q.To; t.User != nil {
		to = t.destination(q.Attribute)
	}
	return hmac.Equal(hash(t, q.Attribute, to, typed), q.Hash) && to != ""
}
