package verification

import (
	"crypto/hmac"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/cognitoidp"
)

// Question is a code that was sent and that only its asker remembers: sealed in the session that waits for the answer.
// Once-only use and the number of tries are the session's business.
type Question struct {
	Attribute string `json:"a"`           // where the code was sent: "email" or "phone_number"
	To        string `json:"t,omitempty"` // Target.To
	Hash      []byte `json:"h"`
}

// Ask queues the message with a code of so many digits, in tx; call the outbox's Kick once that has committed. For a
// stranger it does the same with a decoy, which no answer opens. Its faults are those of message.Outbox.Post.
func (c *Codes) Ask(tx *db.Tx, box *seal.Box, t Target, length int) (*cognitoidp.CodeDeliveryDetailsType, Question, error) {
	m, secret, err := letter(box, t, length)
	if err != nil {
		return nil, Question{}, err
	}
	details, err := c.Outbox.Post(tx, box, m)
	if err != nil {
		return nil, Question{}, err
	}
	return details, Question{Attribute: m.Attribute, To: t.To, Hash: hash(box, t, m.Attribute, m.To, secret)}, nil
}

// Answers tells whether what was typed is the code that was sent to the user, who still has the address it went to.
func (q Question) Answers(box *seal.Box, t Target, typed string) bool {
	var to string
	if t.To = q.To; t.User != nil {
		to = t.destination(q.Attribute)
	}
	return hmac.Equal(hash(box, t, q.Attribute, to, typed), q.Hash) && to != ""
}
