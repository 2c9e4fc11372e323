package federated

import (
	"strconv"
	"testing"
	"time"
)

// Tokens of one user, each as large as a token can be, do not fill the memory.
func TestLargeTokensAreNotAllRemembered(t *testing.T) {
	t.Parallel()
	now := time.Now()
	v := &verified{}
	last := keyOf("p", "last")
	for i := range 3 * maxVerified / maxToken {
		v.put(keyOf("p", strconv.Itoa(i)), &Token{Expires: now.Add(time.Hour).Unix()}, now, maxToken)
	}
	v.put(last, &Token{Expires: now.Add(time.Hour).Unix()}, now, 1)
	v.put(last, &Token{Expires: now.Add(time.Hour).Unix()}, now, 1)
	total := 0
	for _, k := range v.tokens {
		total += k.size
	}
	if total != v.size || total > maxVerified || total < maxVerified/2 {
		t.Errorf("%d tokens have %d bytes, %d were counted", len(v.tokens), total, v.size)
	}
	if v.get(last, now) == nil {
		t.Error("the last one is not remembered")
	}
}
