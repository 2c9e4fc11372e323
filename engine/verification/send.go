package verification

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	"cardea/engine/message"
	"cardea/platform/db"
	"cardea/record/code"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Prepared is a code that was drawn, with its message composed: it is good for nothing until it is posted.
type Prepared struct {
	Details  *cognitoidp.CodeDeliveryDetailsType // where it goes, masked
	Question Question                            // what the code answers, for a Session to remember; only of a SignIn code

	message *message.Composed
	code    code.Code // its row, but for the time
	target  Target
}

// Prepare draws a code and composes its message. It is called outside of transactions. For an unknown user it does the same
// with a decoy, and answers plausible, stable details. Its errors are those of message.Outbox.Compose.
func (c *Codes) Prepare(ctx context.Context, t Target) (*Prepared, error) {
	m, secret, err := t.message()
	if err != nil {
		return nil, err
	}
	composed, err := c.Outbox.Compose(ctx, m)
	if err != nil {
		return nil, err
	}
	p := &Prepared{Details: composed.Details, message: composed, target: t}
	h := hash(t, m.Attribute, m.To, secret)
	if t.Purpose == SignIn {
		p.Question = Question{Attribute: m.Attribute, To: t.To, Hash: h}
		return p, nil
	}
	p.code = code.Code{Pool: t.Pool.ID, Sub: t.sub(), Purpose: t.row(), Attribute: m.Attribute, Hash: h}
	return p, nil
}

// Post puts the message into the outbox and stores the code in the place of any earlier one, if and only if tx commits. A
// SignIn code is not stored: its Question is what remembers it. Its errors are those of message.Outbox.Post.
func (c *Codes) Post(tx *db.Tx, p *Prepared) error {
	if p.target.Purpose != SignIn {
		row := p.code
		row.Expires = tx.Now.Add(p.target.life())
		if err := code.Put(tx, &row); err != nil {
			return err
		}
	}
	return c.Outbox.Post(tx, p.message)
}

// Instead is a code with another message in the place of its own.
func (p *Prepared) Instead(other *message.Composed) *Prepared {
	changed := *p
	changed.message = other
	return &changed
}

// message is the message that carries a new code, and the secret that opens what the code is for.
func (t Target) message() (m message.Message, secret string, err error) {
	m = message.Message{App: t.App, Kind: t.Kind, Code: digits(t.Digits), Decoy: t.User == nil, Life: t.life(), Source: t.Source.Network()}
	if m.Decoy {
		m.Attribute, m.To = imagine(t)
		m.Username, m.CountAs = t.UnknownUser, t.Key()
	} else {
		m.Attribute, m.To, m.Username = t.Attribute, t.destination(t.Attribute), t.User.Username
		m.User, m.Metadata = t.User, t.Metadata
	}
	if message.ByLink(t.Pool, t.Kind, m.Attribute) {
		m.Code = rand.Text() // nobody types it, so that it may be one that nobody can guess
	}
	switch {
	case m.Decoy:
		return m, rand.Text(), nil // another one: nothing that can be typed opens it
	case m.To == "":
		return m, "", fmt.Errorf("send code: the user has no %s", m.Attribute)
	}
	return m, m.Code, nil
}

// digits is a code of so many digits, six unless told; rand.Int is free of bias.
func digits(length int) string {
	if length == 0 {
		length = 6
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(length)), nil)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", length, n)
}

// Send sends one code, within a rule. find tells whom it is for: first in a snapshot, and again in the transaction that
// counts and posts. Its errors are find's, ErrTooMany, and those of Prepare and Post.
func (c *Codes) Send(ctx context.Context, rule Rule, find func(tx *db.Tx) (Target, error)) (*cognitoidp.CodeDeliveryDetailsType, error) {
	var details *cognitoidp.CodeDeliveryDetailsType
	plan := func(tx *db.Tx) ([]Target, error) {
		t, err := find(tx)
		if err == nil {
			err = c.allowed(tx, t.Pool.ID, t.Key(), rule) // a message that will not be sent is not composed
		}
		return []Target{t}, err
	}
	err := c.Change(ctx, plan, func(tx *db.Tx, post Poster) error {
		t, err := find(tx)
		if err != nil {
			return err
		}
		if err := c.Allow(tx, t.Pool.ID, t.Key(), rule); err != nil {
			return err
		}
		details, err = post(t)
		return err
	})
	return details, err
}

// Poster posts the code that was prepared for a target, and tells where it goes.
type Poster func(t Target) (*cognitoidp.CodeDeliveryDetailsType, error)

// maxPlans is how often Change plans anew because somebody else has changed whom its codes are for.
const maxPlans = 5

// Change makes a change that sends codes. plan tells in a snapshot which codes that will be; they are prepared outside of
// transactions; then change runs as by Write, and posts those that its own transaction asks for. When these are not the
// ones that were planned, everything begins again.
func (c *Codes) Change(ctx context.Context, plan func(tx *db.Tx) ([]Target, error), change func(tx *db.Tx, post Poster) error) error {
	var err error
	for range maxPlans {
		var targets []Target
		err = c.Outbox.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if targets, err = plan(tx); err != nil {
				return err
			}
			return c.sendable(tx, targets)
		})
		if _, unknown := errors.AsType[*unknownUser](err); unknown {
			return Write(ctx, c.Outbox.DB, func(*db.Tx) error { return err })
		}
		if err != nil {
			return err
		}
		prepared := c.prepareAll(ctx, targets)
		err = Write(ctx, c.Outbox.DB, func(tx *db.Tx) error {
			return change(tx, func(t Target) (*cognitoidp.CodeDeliveryDetailsType, error) {
				p, found := prepared[t.key()]
				if !found {
					return nil, errUnplanned
				}
				if p.err != nil {
					return nil, p.err
				}
				return p.Details, c.Post(tx, p.Prepared)
			})
		})
		if !errors.Is(err, errUnplanned) {
			return err
		}
	}
	return err
}

// sendable answers message.ErrLimit when a message would be one too many, so that no function is asked to write it.
func (c *Codes) sendable(tx *db.Tx, targets []Target) error {
	for _, t := range targets {
		m, _, err := t.message()
		if err != nil {
			continue // Prepare tells, if the message is to be sent at all
		}
		if err := c.Outbox.Allowed(tx, m); err != nil {
			return err
		}
	}
	return nil
}

// errUnplanned says that a code is for somebody, or goes somewhere, that was not planned.
var errUnplanned = errors.New("whom a code is for has changed meanwhile")

// targetKey is what makes a prepared code the one that a target needs.
type targetKey struct {
	sub                id.Sub
	row, attribute, to string
}

func (t Target) key() targetKey {
	k := targetKey{sub: t.sub(), row: t.row(), attribute: t.Attribute}
	if t.User != nil {
		k.to = t.destination(t.Attribute)
	}
	return k
}

// attempted is a prepared code, or why there is none.
type attempted struct {
	*Prepared
	err error
}

func (c *Codes) prepareAll(ctx context.Context, targets []Target) map[targetKey]attempted {
	prepared := make(map[targetKey]attempted, len(targets))
	for _, t := range targets {
		p, err := c.Prepare(ctx, t)
		prepared[t.key()] = attempted{p, err}
	}
	return prepared
}
