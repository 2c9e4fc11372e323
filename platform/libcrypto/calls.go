//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"errors"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// steps are calls that end with the first that does not succeed. They are made on one thread, where libcrypto keeps its errors, and in
// turn with those of other goroutines: begin and end bracket them.
type steps struct {
	library *Library
	failed  string // the function that has not succeeded; empty: all have
}

func (l *Library) begin() *steps {
	l.turns <- struct{}{}
	runtime.LockOSThread()
	return &steps{library: l}
}

// do calls a function that answers 1 for success.
func (s *steps) do(name string, function uintptr, arguments ...uintptr) {
	if s.failed != "" {
		return
	}
	if result, _, _ := purego.SyscallN(function, arguments...); int32(result) != 1 {
		s.failed = name
	}
}

// get calls a function that answers a pointer, or 0 if it has not succeeded.
func (s *steps) get(name string, function uintptr, arguments ...uintptr) uintptr {
	if s.failed != "" {
		return 0
	}
	result, _, _ := purego.SyscallN(function, arguments...)
	if result == 0 {
		s.failed = name
	}
	return result
}

// write writes a number in so many bytes.
func (s *steps) write(number, to uintptr, size int) {
	if s.failed != "" {
		return
	}
	if written, _, _ := purego.SyscallN(s.library.call.writeNumber, number, to, uintptr(size)); int(int32(written)) != size {
		s.failed = "BN_bn2binpad"
	}
}

// end lets the next goroutine have its turn, and tells why a call has not succeeded.
func (s *steps) end() error {
	defer func() { <-s.library.turns }()
	defer runtime.UnlockOSThread()
	if s.failed == "" {
		return nil
	}
	return errors.New(strings.Join(append([]string{s.failed}, s.library.reasons()...), ": "))
}

// maxReasons is how many errors libcrypto keeps for a thread.
const maxReasons = 16

// reasons takes the errors that libcrypto has kept for this thread.
func (l *Library) reasons() []string {
	text, err := l.allocate(256)
	if err != nil {
		return []string{err.Error()}
	}
	defer text.release()
	var all []string
	for range maxReasons {
		code, _, _ := purego.SyscallN(l.call.getError)
		if code == 0 {
			break
		}
		purego.SyscallN(l.call.errorString, code, text.address, uintptr(text.size))
		reason, _, _ := strings.Cut(string(text.bytes()), "\x00")
		all = append(all, reason)
	}
	return all
}

// memory is a block of libcrypto's. Nothing of Go's memory is ever given to libcrypto, so that no copy of a secret stays
// behind, and the garbage collector has no part in it.
type memory struct {
	library *Library
	address uintptr
	size    int
}

var errMemory = errors.New("libcrypto has no memory")

// allocate takes memory, filled with zeros, to be given back by release.
func (l *Library) allocate(size int) (*memory, error) {
	address, _, _ := purego.SyscallN(l.call.allocate, uintptr(size), 0, 0)
	if address == 0 {
		return nil, errMemory
	}
	return &memory{l, address, size}, nil
}

// bytes is the memory as a slice, which must not be used after release.
func (m *memory) bytes() []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&m.address))), m.size)
}

// at is the address of a byte.
func (m *memory) at(offset int) uintptr { return m.address + uintptr(offset) }

// release overwrites the memory with zeros and frees it.
func (m *memory) release() {
	purego.SyscallN(m.library.call.cleanse, m.address, uintptr(m.size))
	if m.library.released != nil {
		m.library.released(m.bytes())
	}
	purego.SyscallN(m.library.call.free, m.address, 0, 0)
}
