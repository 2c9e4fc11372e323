package db

import (
	"errors"
	"fmt"
)

// Statements that begin and end transactions.
const (
	beginRead    = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	beginWrite   = "BEGIN ISOLATION LEVEL SERIALIZABLE"
	beginMigrate = "BEGIN ISOLATION LEVEL READ COMMITTED"
	commit       = "COMMIT"
	rollback     = "ROLLBACK"
)

// errMore says that a transaction has ended with its first exchange and is asked for more.
var errMore = errors.New("statement after the only exchange of its transaction")

// pgSession is a transaction on PostgreSQL. It begins with its first statement, in the same exchange.
type pgSession struct {
	conn  *pgConn
	begin string
	cost  *cost
	alone bool  // it is to end with its first exchange
	plain bool  // it needs neither BEGIN nor COMMIT: an exchange is a transaction by itself
	begun bool  // its first statement has been put, behind BEGIN where that is needed
	asked bool  // BEGIN has been sent
	ended bool  // COMMIT has been answered: nothing is open
	more  bool  // it has ended so, and another statement came
	lost  error // why the transaction is to be run again
}

func (s *pgSession) run(st statement) (affected int64, err error) {
	if err := s.later(st); err != nil {
		return 0, err
	}
	return s.exchange()
}

func (s *pgSession) later(st statement) error {
	if s.conn.full(st) {
		if _, err := s.exchange(); err != nil {
			return err
		}
	}
	if s.ended {
		s.more = true
		return errMore
	}
	first := !s.begun
	s.begun = true
	if first && !s.plain {
		if err := s.conn.put(statement{query: s.begin}, false); err != nil {
			return err
		}
	}
	return s.conn.put(st, false)
}

func (s *pgSession) settle() error {
	if s.conn.sent == len(s.conn.owed) {
		return nil // nothing has been put
	}
	_, err := s.exchange()
	return err
}

func (s *pgSession) exchange() (int64, error) {
	s.asked = true
	s.cost.roundTrips++
	if !s.alone {
		return s.conn.exchange()
	}
	if !s.plain {
		if err := s.conn.put(statement{query: commit}, true); err != nil {
			return 0, err
		}
	}
	n, err := s.conn.exchange()
	s.ended = err == nil || s.plain
	return n, err
}

func (s *pgSession) translate(err error) error {
	switch {
	case s.conn.broken != nil, conflict(err):
		s.lost = err
	case outdated(err):
		if !s.conn.fresh {
			s.lost = err
		}
		s.conn.broken = err
	case code(err) == uniqueViolation:
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

// commit sends COMMIT with what has been put, and waits. Without an answer it says ErrUnsure, unless the server cannot have
// come to the COMMIT.
func (s *pgSession) commit() error {
	if !s.begun {
		return nil
	}
	c := s.conn
	c.committed = false
	err := c.put(statement{query: commit}, false)
	if err != nil {
		return err
	}
	if _, err = s.exchange(); c.committed {
		s.ended = true
		return nil // whatever has happened to the connection since
	}
	if c.broken != nil && !s.uncommitted() {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return s.translate(err)
}

// uncommitted reports whether the server certainly has not committed although the connection broke after the COMMIT was put:
// nothing was sent, or the server ended the connection in an orderly way at an earlier statement, or because it had waited for
// a statement for too long, which it says before it reads the next. What a pooler says about a server proves nothing.
func (s *pgSession) uncommitted() bool {
	c := s.conn
	if c.sent < len(c.owed) {
		return true
	}
	at := c.owed[c.read]
	switch code(c.broken) {
	case idleInTransaction:
		return c.named
	case adminShutdown:
		return c.named && !at.sync && (at.query != commit || at.quiet)
	}
	return false
}

// end ends a transaction that has not been committed, or only read, whose outcome nobody waits for: the server's answer is read before that to the connection's next
// statement.
func (s *pgSession) end(query string) {
	c := s.conn
	c.discard()
	if !s.asked || s.ended || c.broken != nil {
		return
	}
	if c.read < c.sent {
		c.broken = errors.New("left in the middle of an answer")
		return
	}
	if err := c.put(statement{query: query}, true); err != nil {
		c.broken = err
		return
	}
	_ = c.flush() // c.broken says it
}
