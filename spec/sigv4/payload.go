package sigv4

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mode is how the signature of a request of S3 covers its body.
type Mode string

// The modes. Bodies of all but the first two are in chunks ("aws-chunked").
const (
	Hashed          Mode = "hash" // the header is the hash of the body
	Unsigned        Mode = "UNSIGNED-PAYLOAD"
	SignedChunks    Mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	SignedTrailer   Mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	UnsignedTrailer Mode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// Chunked reports whether the body is in chunks.
func (m Mode) Chunked() bool { return m != Hashed && m != Unsigned }

// Signed reports whether the signature covers the body's bytes.
func (m Mode) Signed() bool { return m != Unsigned && m != UnsignedTrailer }

// trailing reports whether a trailer follows the chunks.
func (m Mode) trailing() bool { return m == SignedTrailer || m == UnsignedTrailer }

// Payload is what a verified signature says of the body of its request.
type Payload struct {
	Mode    Mode
	Hash    string // of Hashed: 64 hexadecimal digits
	Length  int64  // of the content, without chunks' headers; in bytes
	Trailer string // the checksum that follows the content: a name of Checksums; "" where none was announced

	chain chain // where the chunks' signatures begin
}

// maxLength is the largest object of S3, in bytes.
const maxLength = 50 << 40

// payloadText is the line of the canonical request that speaks for the body.
func (s *Signature) payloadText(h http.Header, query Query) (string, error) {
	text := h.Get("X-Amz-Content-Sha256")
	if !s.Presigned {
		if text == "" {
			return "", &Problem{ErrPayload, "Missing required header for this request: x-amz-content-sha256"}
		}
		return text, nil
	}
	hoisted, found := query.Lookup("X-Amz-Content-Sha256")
	switch {
	case found && text != "" && text != hoisted:
		return "", &Problem{ErrPayload, "The header x-amz-content-sha256 differs from the query's."}
	case found:
		text = hoisted
	case text == "":
		text = string(Unsigned)
	}
	return text, nil
}

// payload reads what text, which the signature covers, says of the body.
func (s *Signature) payload(r *http.Request, text string, key []byte) (*Payload, error) {
	p := &Payload{Mode: Mode(text)}
	switch {
	case isHash(text):
		p.Mode, p.Hash = Hashed, text
	case p.Mode == Unsigned:
	case strings.HasPrefix(text, "STREAMING-AWS4-ECDSA-"):
		return nil, unsupported("Asymmetric signatures are not supported.")
	case p.Mode != SignedChunks && p.Mode != SignedTrailer && p.Mode != UnsignedTrailer:
		return nil, &Problem{ErrPayload, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."}
	case s.Presigned:
		return nil, unsupported("Presigned requests have no chunks.")
	}

	var err error
	if p.Length, err = contentLength(r, p.Mode); err != nil {
		return nil, err
	}
	if p.Trailer, err = announced(r.Header, p.Mode); err != nil {
		return nil, err
	}
	p.chain = chain{key: key, time: s.Time, scope: s.Scope.String(), last: s.Value}
	return p, nil
}

// contentLength is the length of the content. It must be known before the content comes.
func contentLength(r *http.Request, mode Mode) (int64, error) {
	decoded := r.Header.Get("X-Amz-Decoded-Content-Length")
	if !mode.Chunked() {
		if r.ContentLength < 0 || decoded != "" && decoded != strconv.FormatInt(r.ContentLength, 10) {
			return 0, &Problem{ErrLength, "You must provide the Content-Length HTTP header."}
		}
		return r.ContentLength, nil
	}
	length, err := strconv.ParseInt(decoded, 10, 64)
	if err != nil || length < 0 || length > maxLength || strconv.FormatInt(length, 10) != decoded {
		return 0, &Problem{ErrLength, "You must provide the x-amz-decoded-content-length HTTP header."}
	}
	return length, nil
}

// announced is the checksum of the trailer that the header X-Amz-Trailer names.
func announced(h http.Header, mode Mode) (string, error) {
	name := strings.ToLower(strings.TrimSpace(h.Get("X-Amz-Trailer")))
	switch {
	case !mode.trailing() && name == "":
		return "", nil
	case !mode.trailing():
		return "", &Problem{ErrPayload, "The request announces a trailer that it cannot have."}
	case !slices.Contains(Checksums(), name):
		return "", &Problem{ErrPayload, "The value specified in the x-amz-trailer header is not supported"}
	}
	return name, nil
}

// chain signs the chunks of a body: each signature covers the one before, and the first that of the request.
type chain struct {
	key   []byte
	time  time.Time
	scope string
	last  string
}

// next is the signature of the next piece. detail is all that stands in the text to sign behind the last signature.
func (c *chain) next(kind, detail string) string {
	c.last = hexMAC(c.key, algorithm+"-"+kind+"\n"+c.time.Format(timeLayout)+"\n"+c.scope+"\n"+c.last+"\n"+detail)
	return c.last
}

// chunk is the signature of a chunk with this hash.
func (c *chain) chunk(hash string) string { return c.next("PAYLOAD", emptyHash+"\n"+hash) }

// trailer is the signature of the trailer, which is a name and its value.
func (c *chain) trailer(name, value string) string {
	return c.next("TRAILER", hexHash([]byte(name+":"+value+"\n")))
}
