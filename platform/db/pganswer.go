package db

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// readAnswer reads the server's answer to one statement, or to the end of an exchange. An error that leaves the connection
// in an unknown state is in c.broken too.
func (c *pgConn) readAnswer(a *answer) (affected int64, err error) {
	row := a.row
	for {
		message, err := c.in.Receive()
		if err != nil {
			c.broken = fmt.Errorf("receive: %w", err)
			return 0, c.broken
		}
		switch m := message.(type) {
		case *pgproto3.ParseComplete:
			a.prepared.known = true
		case *pgproto3.RowDescription:
			a.columns = columnsOf(m)
		case *pgproto3.NoData:
			a.columns = []column{}
		case *pgproto3.DataRow:
			if row != nil && !row(&pgRow{a.columns, m.Values}) {
				row = nil // it has enough
			}
		case *pgproto3.CommandComplete:
			return c.complete(a, m.CommandTag)
		case *pgproto3.ErrorResponse:
			return 0, c.refused(a, pgconn.ErrorResponseToPgError(m))
		case *pgproto3.ReadyForQuery:
			return 0, c.ready(a, m.TxStatus)
		case *pgproto3.BindComplete, *pgproto3.CloseComplete,
			*pgproto3.NoticeResponse, *pgproto3.ParameterStatus, *pgproto3.NotificationResponse:
		default:
			c.broken = fmt.Errorf("receive: unexpected %T", m)
			return 0, c.broken
		}
	}
}

// ready is told that the server is ready for the next exchange.
func (c *pgConn) ready(a *answer, status byte) error {
	const idle = 'I' // no transaction is open
	switch {
	case !a.sync:
		c.broken = errors.New("receive: the server is ready before it has answered")
	case a.idle && status != idle:
		c.broken = errors.New("receive: the former transaction could not be ended")
	}
	return c.broken
}

// complete is the answer to a statement that has been run.
func (c *pgConn) complete(a *answer, tag []byte) (affected int64, err error) {
	if a.sync {
		c.broken = errors.New("receive: an answer to nothing")
		return 0, c.broken
	}
	if a.prepared.columns == nil {
		a.prepared.columns = inBytes(a.columns)
	}
	if a.query == commit && !a.quiet {
		if string(tag) != commit {
			return 0, fmt.Errorf("COMMIT was answered with %s", tag)
		}
		c.committed = true
	}
	affected, _ = strconv.ParseInt(string(tag[bytes.LastIndexByte(tag, ' ')+1:]), 10, 64) // BEGIN has no number
	return affected, nil
}

// refused is the error that a statement was answered with.
func (c *pgConn) refused(a *answer, err *pgconn.PgError) error {
	if fatal(err) {
		c.broken = err
	}
	if a.none != nil && err.Code == divisionByZero {
		return a.none
	}
	return err
}

// dead reports whether the server has ended the connection or said something that nobody asked for. It is asked of a
// connection that has been idle, and takes the time that one read does.
func (c *pgConn) dead(until time.Time) bool {
	const moment = 200 * time.Microsecond
	if c.net.SetReadDeadline(time.Now().Add(moment)) != nil {
		return true
	}
	for {
		message, err := c.in.Receive()
		if err != nil {
			return !timeout(err) || c.net.SetReadDeadline(until) != nil
		}
		switch message.(type) {
		case *pgproto3.NoticeResponse, *pgproto3.ParameterStatus:
		default:
			return true
		}
	}
}

// wake makes an idle connection ready for a transaction that ends before a moment, and reports whether it can be used.
// What a connection that has been used just now still owes arrives before the next answers, unless a pooler has to see it
// first.
func (c *pgConn) wake(now, until time.Time) bool {
	if c.net.SetDeadline(until) != nil {
		return false
	}
	idle := now.Sub(c.used) > time.Second
	if idle || !c.named {
		_, _ = c.collect() // c.broken says what matters
	}
	return c.broken == nil && !(idle && c.dead(until))
}

// close ends the connection. The server rolls back what is open.
func (c *pgConn) close() {
	if c.broken == nil && c.net.SetDeadline(time.Now().Add(time.Second)) == nil {
		_, _ = c.net.Write(terminate) // out of courtesy
	}
	_ = c.net.Close() // nothing is done with it any more
}
