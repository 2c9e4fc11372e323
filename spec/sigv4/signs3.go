package sigv4

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
)

// streamChunk is the size of the chunks that SignS3Stream makes, in bytes.
const streamChunk = 64 << 10

// SignS3 signs a request of S3 whose body is described by payload: its hash in hexadecimal digits, or UNSIGNED-PAYLOAD. URL.Path
// is the path without encoding, and URL.RawPath and URL.RawQuery are set to what is signed. It must be sent as it then is.
func SignS3(r *http.Request, query Query, payload string, by Signer) {
	signS3(r, query, payload, by)
}

// Signer is an access key, and for what and when it signs.
type Signer struct {
	Key
	Call
}

func signS3(r *http.Request, query Query, payload string, by Signer) chain {
	r.URL.RawPath, r.URL.RawQuery = EncodePath(r.URL.Path), query.String()
	r.Header.Set("X-Amz-Content-Sha256", payload)
	s := prepare(r, by.Key, by.Call)
	key := s.key(by.Secret)
	s.attach(r, key, s.canonicalS3(r, query, payload))
	return chain{key: key, time: s.Time, scope: s.Scope.String(), last: s.Value}
}

// SignS3Stream signs a request of S3 with content of the length given, whose hash is not known yet, and makes it the body, in
// chunks. mode is one of those with chunks. trailer is the name of the checksum that follows them, for modes that have one.
// Nobody can take the body for complete if reading content ends with an error.
func SignS3Stream(r *http.Request, query Query, s Stream, by Signer) {
	b := &encoder{content: s.Content, mode: s.Mode, trailer: s.Trailer, buffer: make([]byte, streamChunk)}
	if s.Mode.trailing() {
		b.sum = newChecksum(s.Trailer)
		r.Header.Set("X-Amz-Trailer", s.Trailer)
	}
	encoding := "aws-chunked"
	if own := r.Header.Get("Content-Encoding"); own != "" {
		encoding += "," + own
	}
	r.Header.Set("Content-Encoding", encoding)
	r.Header.Set("X-Amz-Decoded-Content-Length", strconv.FormatInt(s.Length, 10))
	r.Body, r.ContentLength = io.NopCloser(b), b.size(s.Length)
	b.chain = signS3(r, query, string(s.Mode), by)
}

// Stream is content that is signed while it is sent.
type Stream struct {
	Mode    Mode
	Content io.Reader
	Length  int64
	Trailer string
}

// encoder reads content and returns it in chunks.
type encoder struct {
	content io.Reader
	mode    Mode
	trailer string
	sum     hash.Hash // of the trailer; nil if there is none
	chain   chain
	buffer  []byte
	ready   []byte // what is to be returned first
	data    []byte // and then
	tail    string // and then
	last    bool   // the body ends with it
	err     error
}

// Read reads the body.
func (e *encoder) Read(to []byte) (int, error) {
	for {
		switch {
		case len(e.ready) > 0:
			n := copy(to, e.ready)
			e.ready = e.ready[n:]
			return n, nil
		case len(e.data) > 0:
			n := copy(to, e.data)
			e.data = e.data[n:]
			return n, nil
		case e.tail != "":
			n := copy(to, e.tail)
			e.tail = e.tail[n:]
			return n, nil
		case e.err != nil:
			return 0, e.err
		case e.last:
			return 0, io.EOF
		}
		e.fill()
	}
}

// fill makes the next chunk.
func (e *encoder) fill() {
	n, err := io.ReadFull(e.content, e.buffer)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		e.err = err
		return
	}
	data := e.buffer[:n]
	if e.sum != nil {
		e.sum.Write(data)
	}
	e.ready = []byte(e.head(data))
	if n > 0 {
		e.data, e.tail = data, "\r\n"
		return
	}
	e.last, e.tail = true, e.end()
}

// head is the header of a chunk.
func (e *encoder) head(data []byte) string {
	if !e.mode.Signed() {
		return fmt.Sprintf("%x\r\n", len(data))
	}
	return fmt.Sprintf("%x;chunk-signature=%s\r\n", len(data), e.chain.chunk(hexHash(data)))
}

// end is what follows the header of the empty chunk.
func (e *encoder) end() string {
	if e.sum == nil {
		return "\r\n"
	}
	value := encodedSum(e.sum)
	text := e.trailer + ":" + value + "\r\n"
	if e.mode.Signed() {
		text += "x-amz-trailer-signature:" + e.chain.trailer(e.trailer, value) + "\r\n"
	}
	return text + "\r\n"
}

// size is the length of the whole body, for content of the length given.
func (e *encoder) size(length int64) int64 {
	extension := int64(0)
	if e.mode.Signed() {
		extension = int64(len(";chunk-signature=")) + 2*sha256.Size
	}
	chunk := func(n int64) int64 {
		return int64(len(strconv.FormatInt(n, 16))) + extension + 2 + n
	}
	total := length / streamChunk * (chunk(streamChunk) + 2)
	if rest := length % streamChunk; rest > 0 {
		total += chunk(rest) + 2
	}
	total += chunk(0) + 2
	if e.sum != nil {
		total += int64(len(e.trailer)+1+encodedSize(e.sum)) + 2
		if e.mode.Signed() {
			total += int64(len("x-amz-trailer-signature:")) + 2*sha256.Size + 2
		}
	}
	return total
}
