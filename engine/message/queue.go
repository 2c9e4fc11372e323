package message

import (
	"math/rand/v2"

	"cardea/platform/db"
	"cardea/record/outbox"
)

// The queues of the outbox, the most urgent first. Somebody waits for a code that signs in or recovers a password;
// messages of sign-ups can be caused by anyone in any number.
const (
	urgent int64 = iota
	attribute
	signUp

	// Messages that a function of their pool sends wait apart, as many numbers further: functions that are slow delay no other
	// messages, and a development server, which keeps other messages, delivers these.
	kinds
)

// weights are the shares of the queues in what is delivered while all of them have messages.
var weights = []int{urgent: 8, attribute: 2, signUp: 1}

// queue is where messages of this kind wait.
func (k Kind) queue() int64 {
	switch k {
	case Authentication, ForgotPassword:
		return urgent
	case UpdateUserAttribute, VerifyUserAttribute:
		return attribute
	}
	return signUp
}

// every lists the queues, those of one kind that is drawn by weight before the others, which follow by urgency.
func (c *Outbox) every() []int64 {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := rand.IntN(total)
	first := urgent
	for n -= weights[first]; n >= 0; n -= weights[first] {
		first++
	}

	order := c.lanes(first)
	for queue := range weights {
		if q := int64(queue); q != first {
			order = append(order, c.lanes(q)...)
		}
	}
	return order
}

// lanes are the two queues of one kind, either first; where messages are kept only the one for functions.
func (c *Outbox) lanes(kind int64) []int64 {
	switch {
	case c.Keep:
		return []int64{kind + kinds}
	case rand.IntN(2) == 0:
		return []int64{kind, kind + kinds}
	}
	return []int64{kind + kinds, kind}
}

// candidates is how many messages a loop chooses among: loops that look at the same time should rarely want the same one.
const candidates = 8

// due finds a message whose time has come, in the first of the queues that has any, and tells whether there are more.
// The row is nil when there is none.
func due(tx *db.Tx, queues []int64) (row *outbox.Row, more bool, err error) {
	for _, queue := range queues {
		rows, err := outbox.Due(tx, queue, candidates)
		if err != nil {
			return nil, false, err
		}
		if len(rows) > 0 {
			return rows[rand.IntN(len(rows))], len(rows) > 1, nil
		}
	}
	return nil, false, nil
}
