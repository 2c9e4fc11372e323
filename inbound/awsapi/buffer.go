package awsapi

import (
	"bytes"
	"sync"
)

// keep is the largest buffer that is kept, in bytes. Most bodies have one or two KiB; what rare ones need is not to be
// held for good.
const keep = 16 << 10

// buffers hold bodies on their way in and out, one request's after another's.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// borrow is an empty buffer, until it is given back. What a request keeps must be a copy.
func borrow() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// giveBack lets another request have the buffer. Bodies hold passwords and tokens, so it is wiped before.
func giveBack(b *bytes.Buffer) {
	if b.Cap() > keep {
		return
	}
	clear(b.Bytes())
	b.Reset()
	buffers.Put(b)
}
