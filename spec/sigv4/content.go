package sigv4

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
)

// Bounds on bodies in chunks. All but the last of a body of signed chunks have at least minChunk bytes, as S3 wants it.
const (
	maxChunk       = 16 << 20
	minChunk       = 8 << 10
	maxChunkHeader = 256
	maxTrailers    = 8 // lines, with blank ones
)

// Content reads the content of a body and verifies it: its hash, the signatures of its chunks, its length, and its trailer. What
// it returns before io.EOF may be forged. Errors besides those of the body are ErrMalformed, ErrTruncated, ErrInvalid,
// ErrMismatch and ErrChecksum.
type Content struct {
	payload *Payload
	body    *bufio.Reader
	left    int64     // of the content
	chunk   int64     // what is left of the chunk
	small   bool      // the last chunk had less than minChunk bytes
	signed  string    // the signature of the chunk
	chain   chain     // of signed chunks
	hash    hash.Hash // of the chunk, or of a Hashed body
	sum     hash.Hash // of the trailer; nil if there is none
	err     error     // what every further Read returns
}

// Open reads the content of a body.
func (p *Payload) Open(body io.Reader) *Content {
	c := &Content{payload: p, body: bufio.NewReaderSize(body, 4<<10), left: p.Length, chain: p.chain, hash: sha256.New()}
	if p.Trailer != "" {
		c.sum = newChecksum(p.Trailer)
	}
	return c
}

// Checksum is the value of the payload's Trailer. It is known once Read has returned io.EOF.
func (c *Content) Checksum() string { return encodedSum(c.sum) }

// Read reads content.
func (c *Content) Read(to []byte) (int, error) {
	if c.err != nil || len(to) == 0 {
		return 0, c.err
	}
	var n int
	if c.payload.Mode.Chunked() {
		n, c.err = c.readChunk(to)
	} else {
		n, c.err = c.readPlain(to)
	}
	if errors.Is(c.err, io.ErrUnexpectedEOF) {
		c.err = &Problem{ErrTruncated, "You did not provide the number of bytes specified by the Content-Length HTTP header"}
	}
	return n, c.err
}

// readPlain reads content that is not in chunks.
func (c *Content) readPlain(to []byte) (int, error) {
	if c.left == 0 {
		return 0, c.finishPlain()
	}
	n, err := c.body.Read(to[:min(int64(len(to)), c.left)])
	c.left -= int64(n)
	if c.payload.Mode == Hashed {
		c.hash.Write(to[:n])
	}
	if err == io.EOF {
		err = nil
		if c.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

func (c *Content) finishPlain() error {
	if err := c.end(); err != nil {
		return err
	}
	if c.payload.Mode == Hashed && hexSum(c.hash) != c.payload.Hash {
		return &Problem{ErrMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed."}
	}
	return io.EOF
}

// readChunk reads content in chunks.
func (c *Content) readChunk(to []byte) (int, error) {
	if c.chunk == 0 {
		if err := c.nextChunk(); err != nil {
			return 0, err
		}
		if c.chunk == 0 {
			return 0, c.finishChunks()
		}
	}
	n, err := c.body.Read(to[:min(int64(len(to)), c.chunk)])
	if err == io.EOF {
		return n, io.ErrUnexpectedEOF
	}
	c.chunk -= int64(n)
	c.left -= int64(n)
	if c.payload.Mode.Signed() {
		c.hash.Write(to[:n])
	}
	if c.sum != nil {
		c.sum.Write(to[:n])
	}
	if err == nil && c.chunk == 0 {
		err = c.endChunk()
	}
	return n, err
}

// nextChunk reads the header of a chunk: "<size in hexadecimal digits>;chunk-signature=<signature>", or the size alone.
func (c *Content) nextChunk() error {
	line, err := c.line()
	if err != nil {
		return unexpected(err) // the body ends behind an empty chunk, and only there
	}
	digits, signature, extended := strings.Cut(line, ";chunk-signature=")
	if extended != c.payload.Mode.Signed() || extended && !isHash(signature) || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return malformed("The header of a chunk is malformed.")
	}
	size, err := strconv.ParseInt(digits, 16, 64)
	if err != nil || size > maxChunk {
		return malformed("The size of a chunk is malformed or too large.")
	}
	switch {
	case size > c.left:
		return malformed("The chunks have more content than x-amz-decoded-content-length says.")
	case size > 0 && c.small:
		return malformed("Only the last chunk can have a size less than 8192 bytes")
	}
	c.small = c.payload.Mode.Signed() && size < minChunk
	c.chunk, c.signed = size, signature
	c.hash.Reset()
	return nil
}

// endChunk verifies the chunk that has been read.
func (c *Content) endChunk() error {
	var end [2]byte
	if _, err := io.ReadFull(c.body, end[:]); err != nil {
		return unexpected(err)
	}
	if string(end[:]) != "\r\n" {
		return malformed("A chunk does not end where its header says.")
	}
	return c.verifyChunk()
}

func (c *Content) verifyChunk() error {
	if c.payload.Mode.Signed() && !hmac.Equal([]byte(c.chain.chunk(hexSum(c.hash))), []byte(c.signed)) {
		return invalid("The chunk signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	return nil
}

// finishChunks verifies what follows the content: the empty chunk, which has been read, and the trailer.
func (c *Content) finishChunks() error {
	if c.left > 0 {
		return io.ErrUnexpectedEOF
	}
	if err := c.verifyChunk(); err != nil {
		return err
	}
	value, signature, err := c.trailer()
	if err != nil {
		return err
	}
	if c.payload.Mode == SignedTrailer && !hmac.Equal([]byte(c.chain.trailer(c.payload.Trailer, value)), []byte(signature)) {
		return invalid("The trailer signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	if c.sum != nil && value != encodedSum(c.sum) {
		return &Problem{ErrChecksum, "The checksum of the trailer " + c.payload.Trailer + " does not match what was computed."}
	}
	return io.EOF
}

// trailer reads the rest of the body: the checksum that was announced, and its signature.
func (c *Content) trailer() (value, signature string, err error) {
	for range maxTrailers {
		line, err := c.line()
		if errors.Is(err, io.EOF) {
			return value, signature, nil
		}
		if err != nil {
			return "", "", err
		}
		name, text, _ := strings.Cut(line, ":")
		name, text = strings.ToLower(name), strings.TrimSpace(text)
		switch {
		case line == "":
		case c.sum != nil && name == c.payload.Trailer && value == "" && text != "" && signature == "":
			value = text
		case name == "x-amz-trailer-signature" && c.payload.Mode == SignedTrailer && signature == "":
			signature = text
		default:
			return "", "", malformed("The request contained trailing data that was not well-formed or did not conform to our published schema.")
		}
	}
	return value, signature, c.end()
}

// line reads a line without its end, or io.EOF where the body has ended before it.
func (c *Content) line() (string, error) {
	line, err := c.body.ReadSlice('\n')
	switch {
	case len(line) > maxChunkHeader || errors.Is(err, bufio.ErrBufferFull):
		return "", malformed("The header of a chunk is too long.")
	case err == io.EOF && len(line) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	return string(bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))), nil
}

// end refuses a body that has more bytes.
func (c *Content) end() error {
	_, err := c.body.ReadByte()
	if err == nil {
		return malformed("The body is longer than the request says.")
	}
	if err != io.EOF {
		return err
	}
	return nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func malformed(text string) error { return &Problem{ErrMalformed, text} }
