//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"os"
	"runtime"
	"sync"
)

// processors is how many goroutines compute at once: as many as there are processors for this program.
//
// While a thread computes in libcrypto, Go's scheduler gives the thread's processor to another one. A thread that comes back and finds no
// processor goes to sleep, which costs a tenth of a signature. So the scheduler is told of twice as many processors as there are, unless
// the operator has set their number.
var processors = sync.OnceValue(func() int {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * n)
	}
	return n
})
