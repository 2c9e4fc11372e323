package guard

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"cardea/spec/sigv4"
)

// noise is content in which no piece is like another.
func noise(size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return string(b)
}

func TestContentThatFailsIsNotGivenAwayWhole(t *testing.T) {
	t.Parallel()
	failure := errors.New("forged")
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, 5*blockSize + 7} {
		content := noise(size)
		h := &held{from: strings.NewReader(content), buffer: new(block)}
		if got, err := io.ReadAll(iotest.HalfReader(h)); err != nil || string(got) != content || h.failure() != nil || !h.done {
			t.Errorf("%d bytes: got %d, %v, %v", size, len(got), err, h.failure())
		}
		h = &held{from: io.MultiReader(strings.NewReader(content), iotest.ErrReader(failure)), buffer: new(block)}
		got, err := io.ReadAll(h)
		if !errors.Is(err, failure) || !errors.Is(h.failure(), failure) || h.done {
			t.Errorf("%d bytes that fail: got %v, %v", size, err, h.failure())
		}
		if size > 0 && len(got) >= size {
			t.Errorf("%d bytes that fail: all were given away", size)
		}
	}
}

func TestBodiesAreSignedAsTheWayNeedsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	const sum = "x-amz-checksum-crc32"
	for _, c := range []struct {
		scheme  string
		payload sigv4.Payload
		want    string
	}{
		{"http", sigv4.Payload{Mode: sigv4.Hashed, Hash: emptyHash, Length: 5}, emptyHash},
		{"https", sigv4.Payload{Mode: sigv4.Hashed, Hash: emptyHash, Length: 5}, emptyHash},
		{"http", sigv4.Payload{Mode: sigv4.Unsigned, Length: 5}, string(sigv4.SignedChunks)},
		{"https", sigv4.Payload{Mode: sigv4.Unsigned, Length: 5}, string(sigv4.Unsigned)},
		{"http", sigv4.Payload{Mode: sigv4.SignedChunks, Length: 5}, string(sigv4.SignedChunks)},
		{"https", sigv4.Payload{Mode: sigv4.SignedChunks, Length: 5}, string(sigv4.Unsigned)},
		{"http", sigv4.Payload{Mode: sigv4.UnsignedTrailer, Length: 5, Trailer: sum}, string(sigv4.SignedTrailer)},
		{"https", sigv4.Payload{Mode: sigv4.UnsignedTrailer, Length: 5, Trailer: sum}, string(sigv4.UnsignedTrailer)},
	} {
		h := *w.Handler
		h.Upstream = &url.URL{Scheme: c.scheme, Host: "upstream"}
		e := &exchange{Handler: &h, ctx: t.Context()}
		to := &target{method: http.MethodPut, bucket: "photos", key: "k", header: http.Header{}}
		out, err := e.outgoing(to, &c.payload, &held{from: strings.NewReader("hello"), buffer: new(block)})
		if err != nil || out.Header.Get("X-Amz-Content-Sha256") != c.want {
			t.Errorf("%s, %s: got %v, %v", c.scheme, c.payload.Mode, out.Header, err)
		}
	}
}

func TestKeysAreMaskedWhereverTheyAreSplit(t *testing.T) {
	t.Parallel()
	const text = "UPSTREAMKEUPSTREAMKEY, UPSTREAMKEYUPSTREAMKEY and UPSTREAM"
	for name, from := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(strings.NewReader(text)), "whole": strings.NewReader(text), "end": iotest.DataErrReader(strings.NewReader(text)),
	} {
		got, err := io.ReadAll(&masked{from: from, secret: []byte(upstream.ID)})
		if want := "UPSTREAMKE***********, ********************** and UPSTREAM"; string(got) != want || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	big := bytes.Repeat([]byte("x"), 1<<20)
	if got, err := io.ReadAll(&masked{from: bytes.NewReader(big), secret: []byte(upstream.ID)}); err != nil || !bytes.Equal(got, big) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestCopySourcesAreWrittenAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for given, want := range map[string]string{
		"others/a+b c":              "/others/a%2Bb%20c",
		"/others/a%20b":             "/others/a%20b",
		"others%2Fa%252Fb":          "/others/a%252Fb",
		"/others//a?versionId=1%2F": "/others//a?versionId=1/",
	} {
		if status, body, _ := w.do(sign(w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", given), "", alice)); status != 200 {
			t.Errorf("%s: got %d, %s", given, status, body)
		}
		if got := w.store.last().Header.Get("X-Amz-Copy-Source"); got != want {
			t.Errorf("%s: sent %s, want %s", given, got, want)
		}
	}
}
