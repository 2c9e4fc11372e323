package awsapi

import (
	"bytes"
	"sync"
)

// keep is the largest buffer that is used again, in bytes. Most bodies have one or two KiB; larger buffers are
// left to the garbage collector.
const keep = 8 << 10

// buffers hold the bodies of requests and answers, and are used again.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// getBuffer returns an empty buffer that the caller may use until putBuffer. What a request keeps must be a copy.
func getBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// putBuffer makes the buffer available to other requests. Bodies hold passwords and tokens, so it is wiped first.
func putBuffer(b *bytes.Buffer) {
	if b.Cap() > keep {
		return
	}
	clear(b.Bytes())
	b.Reset()
	buffers.Put(b)
}
