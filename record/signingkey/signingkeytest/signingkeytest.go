package signingkeytest

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// count is how many different keys a process makes at most. Keys that follow one another differ, and so do, nearly always,
// two that one test asks for while others ask, too.
const count = 12

var (
	mu   sync.Mutex
	keys []*rsa.PrivateKey
	next int
)

// Make makes a few keys and then returns them again in turn. They suit pools, but not a stock of spare keys, which holds
// each key once.
func Make() (*rsa.PrivateKey, error) {
	mu.Lock()
	defer mu.Unlock()
	if len(keys) < count {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
		return key, nil
	}
	next++
	return keys[next%count], nil
}
