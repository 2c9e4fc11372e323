package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"cardea/spec/sigv4"
)

// blockSize is the size of the pieces in which content is passed on, in bytes.
const blockSize = 64 << 10

// stall is how long a client may take to send or to take a piece.
const stall = 60 * time.Second

// block is room for two pieces.
type block [2 * blockSize]byte

var blocks = sync.Pool{New: func() any { return new(block) }}

// pass sends a request on and answers what comes back.
func (e *exchange) pass(op *operation, t *target, p *sigv4.Payload) error {
	body := &held{from: p.Open(&patient{e.in.Body, http.NewResponseController(e.w)}), buffer: blocks.Get().(*block)}
	defer body.release()
	out, err := e.outgoing(t, p, body)
	if err != nil {
		return err
	}
	answer, err := e.send(out, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return e.relay(op, answer)
}

// outgoing is the request that is sent, signed with the server's own key.
func (e *exchange) outgoing(t *target, p *sigv4.Payload, body *held) (*http.Request, error) {
	out, err := e.signed(t, p, body)
	if err != nil {
		return nil, err
	}
	for name, values := range out.Header {
		if wire := wireName(name); wire != name {
			delete(out.Header, name)
			out.Header[wire] = values // net/http writes it so
		}
	}
	return out, nil
}

func (e *exchange) signed(t *target, p *sigv4.Payload, body *held) (*http.Request, error) {
	path := "/" + t.bucket
	if t.key != "" {
		path += "/" + t.key
	}
	out := (&http.Request{
		Method: t.method, URL: &url.URL{Scheme: e.Upstream.Scheme, Host: e.Upstream.Host, Path: path},
		Header: t.header, Host: e.Upstream.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}).WithContext(e.ctx)
	out.Header["User-Agent"] = []string{""} // none
	by := sigv4.Signer{Key: e.Key, Call: sigv4.Call{Region: e.Region, Service: "s3", Now: e.Now()}}

	if p.Length == 0 && p.Trailer == "" {
		if err := body.empty(); err != nil {
			return nil, err
		}
		sigv4.SignS3(out, t.query, emptyHash, by)
		return out, nil
	}
	secure := e.Upstream.Scheme == "https"
	switch {
	case p.Mode == sigv4.Hashed:
		out.Body, out.ContentLength = io.NopCloser(body), p.Length
		sigv4.SignS3(out, t.query, p.Hash, by)
	case secure && p.Trailer == "":
		out.Body, out.ContentLength = io.NopCloser(body), p.Length
		sigv4.SignS3(out, t.query, string(sigv4.Unsigned), by)
	default:
		mode := sigv4.SignedChunks
		if p.Trailer != "" {
			mode = sigv4.SignedTrailer
			if secure {
				mode = sigv4.UnsignedTrailer
			}
		}
		sigv4.SignS3Stream(out, t.query, sigv4.Stream{Mode: mode, Content: body, Length: p.Length, Trailer: p.Trailer}, by)
	}
	return out, nil
}

var emptyHash = func() string { sum := sha256.Sum256(nil); return hex.EncodeToString(sum[:]) }()

// send sends a request. What is wrong with its body, which the client sends meanwhile, is the client's fault.
func (e *exchange) send(out *http.Request, body *held) (*http.Response, error) {
	answer, err := e.Transport.RoundTrip(out)
	if failure := body.failure(); failure != nil {
		if err == nil {
			_ = answer.Body.Close() // an answer to half a body says nothing
		}
		return nil, failure
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("call the server of S3: %w", err))
	}
	return answer, nil
}

// held reads content and gives none of its last piece away before the whole has been verified, so that nobody can take forged
// content for complete.
type held struct {
	from   io.Reader
	buffer *block
	ready  []byte // may be read
	next   int    // where the piece behind it is read to: 0 or blockSize
	kept   []byte // not before more has come
	err    error  // behind kept

	mu   sync.Mutex
	fail error // other than io.EOF
	done bool  // Read has returned io.EOF, and nothing is read from buffer any more
}

// Read reads content.
func (h *held) Read(to []byte) (int, error) {
	for len(h.ready) == 0 {
		if h.err != nil && (len(h.kept) == 0 || h.err != io.EOF) {
			h.note(h.err)
			return 0, h.err
		}
		h.fill()
	}
	n := copy(to, h.ready)
	h.ready = h.ready[n:]
	return n, nil
}

// fill makes the piece ready that was kept, and keeps the one behind it.
func (h *held) fill() {
	if h.err == io.EOF {
		h.ready, h.kept = h.kept, nil
		return
	}
	piece := h.buffer[h.next : h.next+blockSize]
	n, err := io.ReadFull(h.from, piece)
	if errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
		err = io.EOF // of the content: a body that ends too early has another error
	}
	h.err = err
	if err != nil && err != io.EOF {
		h.note(err)
		return
	}
	h.ready, h.kept = h.kept, piece[:n]
	h.next = blockSize - h.next
}

// empty makes sure that content of no length is what it should be.
func (h *held) empty() error {
	_, err := h.Read(make([]byte, 1))
	if err == io.EOF {
		return nil
	}
	return err
}

func (h *held) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == io.EOF {
		h.done = true
		return
	}
	h.fail = err
}

// release gives the buffer back, unless the transport may still read from it.
func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done {
		blocks.Put(h.buffer)
	}
}

// failure is why the content could not be read; nil if it could.
func (h *held) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fail
}

// patient reads a body as long as something comes. Behind its end there is no deadline.
type patient struct {
	io.Reader
	connection *http.ResponseController
}

func (p *patient) Read(to []byte) (int, error) {
	_ = p.connection.SetReadDeadline(time.Now().Add(stall)) // connections of tests have none
	n, err := p.Reader.Read(to)
	if err != nil {
		_ = p.connection.SetReadDeadline(time.Time{}) // or a slow answer would look like a client that left
	}
	return n, err
}
