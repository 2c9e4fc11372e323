//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"os"
	"runtime"
	"sync"
)

// processors is how many goroutines compute at once: as many as there are processors for this program.
//
// Go's scheduler takes its processor away from a thread that stays in libcrypto, and gives it to another thread. The first one would wait
// for one when it comes back, asleep, which costs a tenth of a signature. So the scheduler gets as many processors again, unless the operator has
// said how many it has.
var processors = sync.OnceValue(func() int {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * n)
	}
	return n
})
