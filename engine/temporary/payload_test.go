package temporary

import (
	"bytes"
	"compress/flate"
	"runtime"
	"strings"
	"testing"
)

func packed(t *testing.T, text string) []byte {
	t.Helper()
	out := bytes.NewBuffer([]byte{deflated})
	w, err := flate.NewWriterDict(out, flate.BestCompression, []byte(dictionary))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPayloadsAreReadWithinBounds(t *testing.T) {
	t.Parallel()
	empty := `{"k":"role"}`
	for name, c := range map[string]struct {
		payload []byte
		good    bool
	}{
		"plain":          {append([]byte{plain}, empty...), true},
		"deflated":       {packed(t, empty), true},
		"at the bound":   {packed(t, empty+strings.Repeat(" ", maxPayload-len(empty))), true},
		"over the bound": {packed(t, empty+strings.Repeat(" ", maxPayload-len(empty)+1)), false},
		"a bomb":         {packed(t, strings.Repeat(" ", 8<<20)), false},
		"cut":            {packed(t, empty)[:4], false},
		"nothing":        {nil, false},
		"another form":   {append([]byte{3}, empty...), false},
		"no JSON":        {[]byte{plain, '{'}, false},
	} {
		if _, err := decode(c.payload); (err == nil) != c.good {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Not parallel: it measures what is allocated.
func TestBombsAreNotInflated(t *testing.T) {
	bomb := packed(t, strings.Repeat(" ", 8<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := decode(bomb); err == nil {
		t.Error("a bomb was read")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}
