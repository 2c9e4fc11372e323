package awsapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"cardea/spec/awsjson"
)

// Limits bounds the sizes of request bodies and the time they may take. The zero value of each means its default.
type Limits struct {
	// Signed and Unsigned are how many bytes the body of an operation may have: 1 MiB, and 256 KiB for what anyone may
	// send. The longest string that the model of user pools knows has 131,072 characters, and a user with fifty attributes
	// of 2,048 characters as much again.
	Signed, Unsigned int64
	// Operations has the sizes of particular operations of JSON services. A form is read before its operation is known, and
	// is bounded as an unsigned request.
	Operations map[string]int64
	// Total is how many bytes the bodies of all requests may take at once, 16 MiB, without the first 8 KiB of each. A body
	// that does not fit is refused, so that the memory of a server does not depend on how much its clients send.
	Total int64
	// Wait is how long a body may take to arrive: 10 seconds.
	Wait time.Duration
}

const (
	defaultSigned   = 1 << 20
	defaultUnsigned = 256 << 10
	defaultTotal    = 16 << 20
	defaultWait     = 10 * time.Second

	// free is how many bytes of each body do not count. Most bodies have one or two KiB, so that they are read also when
	// other bodies have used up the total.
	free = keep

	// first is how many bytes a new buffer has.
	first = 1 << 10
)

func or[T int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

func (l *Limits) unsigned() int64 { return or(l.Unsigned, defaultUnsigned) }

// of is how many bytes a request for op may have.
func (l *Limits) of(op *awsjson.Operation) int64 {
	if own, ok := l.Operations[op.Name]; ok {
		return own
	}
	if op.Signed {
		return or(l.Signed, defaultSigned)
	}
	return l.unsigned()
}

// budget is how many bytes the bodies of all requests take at present.
type budget struct {
	mu   sync.Mutex
	used int64
}

// reserve takes n bytes if they fit into total.
func (b *budget) reserve(n, total int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > total {
		return false
	}
	b.used += n
	return true
}

func (b *budget) release(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// read reads the body, of at most limit bytes. A body whose Content-Length is larger is not read at all. The connection of
// a refused body is closed without reading the rest.
func (c *call) read(w http.ResponseWriter, body *bytes.Buffer, limit int64) error {
	err := c.readAll(w, body, limit)
	if err != nil {
		w.Header().Set("Connection", "close")
	}
	return err
}

func (c *call) readAll(w http.ResponseWriter, body *bytes.Buffer, limit int64) error {
	if c.request.ContentLength > limit {
		return tooLarge()
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(or(c.handler.Limits.Wait, defaultWait))) // tests' writers have none
	for {
		if err := c.grow(body, limit); err != nil {
			return err
		}
		n, err := c.request.Body.Read(body.AvailableBuffer()[:body.Available()])
		body.Write(body.AvailableBuffer()[:n])
		switch {
		case int64(body.Len()) > limit:
			return tooLarge()
		case errors.Is(err, io.EOF):
			_ = connection.SetReadDeadline(time.Time{}) // or a long operation would look like a client that left
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return &awsjson.Problem{Kind: errUnfinished, Text: "The body of the request did not arrive in time."}
		case err != nil:
			return awsjson.Malformed("The body of the request could not be read.")
		}
	}
}

// grow makes room for more of the body where there is none, within the budget. One byte more than limit fits: it shows that
// the body is too large.
func (c *call) grow(body *bytes.Buffer, limit int64) error {
	if body.Available() > 0 {
		return nil
	}
	size := min(int64(max(first, 2*body.Cap())), limit+1)
	if more := size - free - c.held; more > 0 {
		if !c.handler.bodies.reserve(more, or(c.handler.Limits.Total, defaultTotal)) {
			return &awsjson.Problem{Kind: errBusy, Text: "Too many requests are under way, please try again later."}
		}
		c.held += more
	}
	larger := bytes.NewBuffer(append(make([]byte, 0, size), body.Bytes()...))
	clear(body.Bytes())
	*body = *larger
	return nil
}

func tooLarge() error { return &awsjson.Problem{Kind: errTooLarge, Text: "The request is too large."} }
