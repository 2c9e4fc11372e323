package guard

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxError bounds what is read of an error of the server behind the guard, in bytes.
const maxError = 64 << 10

// shown are the headers of answers that are passed on, besides those of S3.
var shown = []string{
	"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Range",
	"Content-Type", "Etag", "Expires", "Last-Modified",
}

// ours are the codes of errors about the server's own key or signature, which clients can do nothing about.
var ours = map[string]bool{
	"SignatureDoesNotMatch": true, "InvalidAccessKeyId": true, "InvalidToken": true, "ExpiredToken": true, "InvalidSecurity": true,
	"AuthorizationHeaderMalformed": true, "AuthorizationQueryParametersError": true, "RequestTimeTooSkewed": true,
	"XAmzContentSHA256Mismatch": true, "NotSignedUp": true,
}

// relay answers with what the server behind the guard has answered.
func (e *exchange) relay(op *operation, answer *http.Response) error {
	switch {
	case answer.StatusCode == http.StatusNotModified || answer.StatusCode/100 == 2:
	case answer.StatusCode < 400:
		return unavailable(fmt.Errorf("the server of S3 answered %d", answer.StatusCode)) // its redirects would show where it is
	default:
		return e.word(answer)
	}
	e.copyHeader(answer.Header)
	e.begin(answer.StatusCode)
	if e.in.Method == http.MethodHead {
		return nil
	}
	from := io.Reader(answer.Body)
	if !op.data {
		from = &masked{from: from, secret: []byte(e.Key.ID)}
	}
	return e.copyBody(from)
}

// begin begins an answer, whose first piece the client must take in time: the connection may have the deadline of an earlier one.
func (e *exchange) begin(status int) {
	_ = http.NewResponseController(e.w).SetWriteDeadline(time.Now().Add(stall)) // connections of tests have none
	e.began, e.status = true, status
	e.w.WriteHeader(status)
}

// copyHeader passes headers on. The names of requests are ours.
func (e *exchange) copyHeader(from http.Header) {
	header := e.w.Header()
	for _, name := range shown {
		if values := from[name]; len(values) > 0 {
			header[name] = values
		}
	}
	for name, values := range from {
		if strings.HasPrefix(name, "X-Amz-") && !strings.Contains(strings.Join(values, ","), e.Key.ID) {
			header[wireName(name)] = values
		}
	}
	header.Set("X-Amz-Request-Id", e.id)
	header.Set("X-Amz-Id-2", e.id)
}

// copyBody passes content on as it comes.
func (e *exchange) copyBody(from io.Reader) error {
	buffer := blocks.Get().(*block)
	defer blocks.Put(buffer)
	connection := http.NewResponseController(e.w)
	for {
		n, err := from.Read(buffer[:])
		if n > 0 {
			_ = connection.SetWriteDeadline(time.Now().Add(stall)) // connections of tests have none
			if _, failed := e.w.Write(buffer[:n]); failed != nil {
				return fmt.Errorf("write: %w", failed)
			}
			if n < blockSize {
				_ = connection.Flush() // likewise
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read from the server of S3: %w", err)
		}
	}
}

// upstreamError is an error as servers of S3 word it.
type upstreamError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// word makes a fault of an error of the server behind the guard. Its text goes on, who asked does not.
func (e *exchange) word(answer *http.Response) error {
	var said upstreamError
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxError))
	if err != nil {
		return unavailable(fmt.Errorf("read from the server of S3: %w", err))
	}
	if xml.Unmarshal(body, &said) != nil || said.Code == "" { // answers to HEAD have no body
		said.Code, said.Message = http.StatusText(answer.StatusCode), ""
		if answer.StatusCode == http.StatusNotFound {
			said.Code = "NotFound"
		}
	}
	e.copyHeader(only(answer.Header, "X-Amz-Delete-Marker", "X-Amz-Version-Id", "Content-Range"))
	f := &fault{code: said.Code, status: answer.StatusCode, text: mask(said.Message, e.Key.ID)}
	if ours[said.Code] || answer.StatusCode == http.StatusUnauthorized {
		f = unavailable(fmt.Errorf("the server of S3 refused our signature: %s", said.Code))
		f.code, f.status = "InternalError", http.StatusInternalServerError
	}
	if answer.StatusCode >= 500 {
		f.cause = fmt.Errorf("the server of S3 answered %d, %s", answer.StatusCode, said.Code)
	}
	return f
}

// wireName is the name of a header as S3 writes it. Clients take the names of metadata as they come.
func wireName(name string) string {
	if strings.HasPrefix(name, "X-Amz-Meta-") {
		return strings.ToLower(name)
	}
	return name
}

func only(from http.Header, names ...string) http.Header {
	kept := http.Header{}
	for _, name := range names {
		if values := from[name]; len(values) > 0 {
			kept[name] = values
		}
	}
	return kept
}

// mask is a text without the id of a key.
func mask(text, keyID string) string {
	return strings.ReplaceAll(text, keyID, strings.Repeat("*", len(keyID)))
}

// masked reads an answer and replaces the id of the server's key in it, as the owner of buckets and objects, by asterisks.
type masked struct {
	from   io.Reader
	secret []byte
	buffer []byte
	ready  int // bytes of buffer that may be read
	err    error
}

// Read reads the answer.
func (m *masked) Read(to []byte) (int, error) {
	for m.ready == 0 && m.err == nil {
		m.fill()
	}
	n := copy(to, m.buffer[:m.ready])
	m.buffer, m.ready = m.buffer[n:], m.ready-n
	if n == 0 {
		return 0, m.err
	}
	return n, nil
}

// fill reads more. What could be the beginning of the secret is kept until more has come.
func (m *masked) fill() {
	piece := make([]byte, 16<<10)
	n, err := m.from.Read(piece)
	m.buffer = append(m.buffer, piece[:n]...)
	m.err = err
	for {
		at := bytes.Index(m.buffer, m.secret)
		if at < 0 || len(m.secret) == 0 {
			break
		}
		copy(m.buffer[at:], bytes.Repeat([]byte("*"), len(m.secret)))
	}
	m.ready = len(m.buffer)
	if err == nil {
		m.ready = max(0, len(m.buffer)-len(m.secret)+1)
	}
}
