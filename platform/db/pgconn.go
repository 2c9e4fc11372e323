package db

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// pgConn is one connection to PostgreSQL. pgconn makes it; from there on it speaks the extended protocol by itself, so that
// statements travel together: put writes them into a buffer, exchange sends them and reads the answers.
type pgConn struct {
	net   net.Conn
	in    *pgproto3.Frontend
	out   []byte   // not sent yet
	owed  []answer // of the server, in order
	read  int      // of owed, how many have been read
	sent  int      // of owed, how many have been asked for
	named bool     // statements are prepared under a name and kept

	repeatable bool // an exchange without BEGIN is a transaction that sees one snapshot; greet has made it so

	prepared  map[text]*prepared
	prefix    string // of the names of its prepared statements
	names     int    // that have been given out
	committed bool   // the last COMMIT has been confirmed

	ends   time.Time // its longest life
	used   time.Time // when it was given back last
	epoch  int       // of the pool, when it was made
	fresh  bool      // no transaction has used it before
	broken error     // why it cannot be used any more
}

// text names a prepared statement: what the caller wrote, and whether it must affect a row.
type text struct {
	query string
	one   bool
}

// prepared is a statement that the server knows by a name.
type prepared struct {
	name    string
	known   bool     // the server has said so
	columns []column // of its rows, once it has run; nil before
}

// answer is one that the server owes.
type answer struct {
	statement
	prepared *prepared
	columns  []column // nil: the server describes them
	quiet    bool     // nobody waits for it
	sync     bool     // the end of an exchange, and nothing else
	idle     bool     // of an exchange after which no transaction may be open
}

// Messages that are always the same.
var (
	describePortal = encoded(&pgproto3.Describe{ObjectType: 'P'})
	execute        = encoded(&pgproto3.Execute{})
	synchronize    = encoded(&pgproto3.Sync{})
	terminate      = encoded(&pgproto3.Terminate{})
)

func encoded(m pgproto3.FrontendMessage) []byte {
	data, err := m.Encode(nil)
	if err != nil {
		panic(err)
	}
	return data
}

func newPgConn(c *pgconn.HijackedConn, named bool) *pgConn {
	// The server runs what has the name that it is given. With names that no other connection uses, one that is led to another's
	// process on the server, by a pooler that was not found out, meets an unknown statement and never a wrong one.
	prefix := "c" + strconv.FormatUint(rand.Uint64(), 36) + "_"
	return &pgConn{net: c.Conn, in: c.Frontend, named: named, prepared: map[text]*prepared{}, prefix: prefix, fresh: true}
}

// maxSent bounds what is sent before the answers are read, but for a statement that is longer by itself. It is less than what
// sockets buffer: a server whose answers are not read does not read either.
const maxSent = 32 << 10

// full reports whether a statement is too long to travel with what has been put.
func (c *pgConn) full(st statement) bool {
	size := len(st.query)
	for _, arg := range st.args {
		switch v := arg.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	return len(c.out) > 0 && len(c.out)+size > maxSent
}

// put writes a statement into the buffer. Nobody waits for a quiet one, and its failure is ignored.
func (c *pgConn) put(st statement, quiet bool) error {
	p, err := c.prepare(st)
	if err != nil {
		return err
	}
	if c.out, err = appendBind(c.out, p, st.args); err != nil {
		return err
	}
	if p.columns == nil {
		c.out = append(c.out, describePortal...)
	}
	c.out = append(c.out, execute...)
	c.owed = append(c.owed, answer{statement: st, prepared: p, columns: p.columns, quiet: quiet})
	return nil
}

// prepare finds the statement's name on the server, or gives it one, which travels with its first use.
func (c *pgConn) prepare(st statement) (*prepared, error) {
	key := text{st.query, st.none != nil}
	if p, found := c.prepared[key]; found {
		return p, nil
	}
	p := &prepared{}
	if c.named {
		if err := c.makeRoom(); err != nil {
			return nil, err
		}
		c.names++
		p.name = c.prefix + strconv.Itoa(c.names)
		c.prepared[key] = p
	}
	query := st.query
	if key.one {
		query = mustAffect(query)
	}
	return p, c.write(&pgproto3.Parse{Name: p.name, Query: query})
}

// mustAffect makes of a statement one that fails, with a division by zero, unless it affects a row.
func mustAffect(query string) string {
	return "WITH affected AS (" + query + " RETURNING 1) SELECT 1/COUNT(*) FROM affected"
}

// makeRoom has the server forget a prepared statement when there are too many.
func (c *pgConn) makeRoom() error {
	if len(c.prepared) < maxPrepared {
		return nil
	}
	for key, p := range c.prepared {
		if p.known { // the others are on their way
			delete(c.prepared, key)
			return c.write(&pgproto3.Close{ObjectType: 'S', Name: p.name})
		}
	}
	return nil
}

func (c *pgConn) write(m pgproto3.FrontendMessage) error {
	out, err := m.Encode(c.out)
	if err == nil {
		c.out = out
	}
	return err
}

// flush sends what has been put.
func (c *pgConn) flush() error {
	if c.broken != nil {
		return c.broken
	}
	c.out = append(c.out, synchronize...)
	c.owed = append(c.owed, answer{sync: true, idle: len(c.owed) > 0 && c.owed[len(c.owed)-1].quiet})
	n, err := c.net.Write(c.out)
	if n > 0 {
		c.sent = len(c.owed)
	}
	c.out = c.out[:0]
	if err != nil {
		c.broken = fmt.Errorf("send: %w", err)
	}
	return c.broken
}

// discard forgets what has been put and not sent.
func (c *pgConn) discard() {
	c.forget(c.sent, len(c.owed))
	c.owed = c.owed[:c.sent]
	c.out = c.out[:0]
}

// forget forgets the statements that the server would have prepared for some answers, had it come to them.
func (c *pgConn) forget(from, to int) {
	for _, a := range c.owed[from:to] {
		if a.prepared != nil && !a.prepared.known {
			delete(c.prepared, text{a.query, a.none != nil})
		}
	}
}

// exchange sends what has been put and reads all answers that are owed. affected is the number of rows of the last
// statement. After one that fails the server runs nothing more of the same exchange.
func (c *pgConn) exchange() (affected int64, err error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.collect()
}

func (c *pgConn) collect() (affected int64, err error) {
	for c.read < c.sent {
		a := &c.owed[c.read]
		n, e := c.readAnswer(a)
		switch {
		case c.broken != nil:
			return 0, c.broken
		case e == nil:
			if !a.sync && !a.quiet {
				affected = n
			}
			c.read++
		default:
			if !a.quiet {
				err = e
			}
			c.skip()
		}
	}
	if c.sent == len(c.owed) {
		clear(c.owed)
		c.owed, c.read, c.sent = c.owed[:0], 0, 0
	}
	return affected, err
}

// skip leaves out the answers that the server does not give after one that is an error.
func (c *pgConn) skip() {
	from := c.read
	for !c.owed[c.read].sync {
		c.read++
	}
	if c.read > from+1 {
		c.owed[c.read].idle = false // the end of the transaction is left out too
	}
	c.forget(from, c.read)
}
