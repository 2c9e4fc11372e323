package sigv4

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// streamed are the requests of "Signature Calculations: Transferring Payload in Multiple Chunks" and of the same with a trailer,
// with the signatures given there: 65 KiB of the letter a, in two chunks.
func streamed(trailer bool) *http.Request {
	sizes := []int{64 << 10, 1 << 10, 0}
	signatures := []string{
		"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
		"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
	}
	seed, headers, mode, end := "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", "", SignedChunks, ""
	if trailer {
		seed, headers, mode = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", ";x-amz-trailer", SignedTrailer
		signatures = []string{
			"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
			"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
		}
		end = "x-amz-checksum-crc32c:sOO8/Q==\r\n" +
			"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
	}
	lengthSigned := "content-length;"
	if trailer {
		lengthSigned = ""
	}
	var body strings.Builder
	for i, size := range sizes {
		fmt.Fprintf(&body, "%x;chunk-signature=%s\r\n%s", size, signatures[i], strings.Repeat("a", size))
		if size > 0 {
			body.WriteString("\r\n")
		}
	}
	body.WriteString(end + "\r\n")

	r := httptest.NewRequest("PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt", strings.NewReader(body.String()))
	r.Header.Set("X-Amz-Date", "20130524T000000Z")
	r.Header.Set("X-Amz-Storage-Class", "REDUCED_REDUNDANCY")
	r.Header.Set("X-Amz-Content-Sha256", string(mode))
	r.Header.Set("Content-Encoding", "aws-chunked")
	r.Header.Set("X-Amz-Decoded-Content-Length", "66560")
	if trailer {
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32c")
	} else {
		r.Header.Set("Content-Length", "66824")
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s3Scope+",SignedHeaders=content-encoding;"+lengthSigned+
		"host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"+headers+",Signature="+seed)
	return r
}

func TestContentOfThePublishedChunksIsRead(t *testing.T) {
	t.Parallel()
	for _, trailer := range []bool{false, true} {
		r := streamed(trailer)
		p, err := checkS3(r, s3Time)
		if err != nil {
			t.Errorf("trailer %v: %v", trailer, err)
			continue
		}
		content := p.Open(r.Body)
		got, err := io.ReadAll(content)
		if err != nil || string(got) != strings.Repeat("a", 65<<10) {
			t.Errorf("trailer %v: got %d bytes, %v", trailer, len(got), err)
		}
		if trailer && content.Checksum() != "sOO8/Q==" {
			t.Errorf("got %s", content.Checksum())
		}
	}
}

func TestChecksumsAreThoseOfTheStandards(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"x-amz-checksum-crc32":     "cbf43926",
		"x-amz-checksum-crc32c":    "e3069283",
		"x-amz-checksum-crc64nvme": "ae8b14860a799888",
		"x-amz-checksum-sha1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"x-amz-checksum-sha256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h := newChecksum(name)
		h.Write([]byte("123456789"))
		if got := hexSum(h); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// sent is the request that SignS3Stream makes of content, as a server gets it.
func sent(t *testing.T, mode Mode, trailer, content string) (r *http.Request, body string) {
	t.Helper()
	r, err := http.NewRequest("PUT", "http://localhost:7070/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Path = "/b/a key"
	SignS3Stream(r, nil, Stream{mode, strings.NewReader(content), int64(len(content)), trailer}, s3Signer)
	all, err := io.ReadAll(iotest.HalfReader(r.Body))
	if err != nil || int64(len(all)) != r.ContentLength {
		t.Fatalf("%s: %v; %d bytes were announced, %d were sent", mode, err, r.ContentLength, len(all))
	}
	return r, string(all)
}

func open(t *testing.T, r *http.Request, body string) (string, error) {
	t.Helper()
	p, err := checkS3(r, s3Time)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(p.Open(iotest.HalfReader(strings.NewReader(body))))
	return string(got), err
}

func streams() map[Mode][]string {
	return map[Mode][]string{SignedChunks: {""}, SignedTrailer: Checksums(), UnsignedTrailer: Checksums()}
}

func TestStreamsAreReadAsTheyWereSigned(t *testing.T) {
	t.Parallel()
	for mode, trailers := range streams() {
		for _, trailer := range trailers {
			for _, size := range []int{0, 1, 8191, streamChunk - 1, streamChunk, streamChunk + 1, 3*streamChunk + 5} {
				content := strings.Repeat("0123456789abcdef", size/16+1)[:size]
				r, body := sent(t, mode, trailer, content)
				if got, err := open(t, r, body); err != nil || got != content {
					t.Errorf("%s, %s, %d bytes: got %d bytes, %v", mode, trailer, size, len(got), err)
				}
			}
		}
	}
}

// TestNoByteOfAStreamCanBeChanged changes, drops and adds a byte anywhere.
func TestNoByteOfAStreamCanBeChanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		mode := rapid.SampledFrom([]Mode{SignedChunks, SignedTrailer, UnsignedTrailer}).Draw(rt, "mode")
		trailer := ""
		if mode.trailing() {
			trailer = rapid.SampledFrom(Checksums()).Draw(rt, "trailer")
		}
		content := strings.Repeat("x", rapid.IntRange(0, streamChunk+20).Draw(rt, "size"))
		r, body := sent(t, mode, trailer, content)
		at := rapid.IntRange(0, len(body)-1).Draw(rt, "at")
		changed := ""
		switch rapid.IntRange(0, 3).Draw(rt, "change") {
		case 0:
			changed = body[:at]
		case 1:
			changed = body[:at] + string(body[at]^1) + body[at+1:]
		case 2:
			changed = body[:at] + body[at+1:]
		case 3:
			changed = body[:at] + "7" + body[at:]
		}
		got, err := open(t, r, changed)
		if err == nil && got != content {
			rt.Fatalf("changed at %d of %d: read %d bytes without an error", at, len(body), len(got))
		}
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrChecksum) {
			rt.Fatalf("got %v", err)
		}
	})
}

func TestChunksAreBoundedAndInOrder(t *testing.T) {
	t.Parallel()
	signed, signedBody := sent(t, SignedChunks, "", strings.Repeat("a", 2*streamChunk))
	half := len(signedBody) / 2
	plain, plainBody := sent(t, UnsignedTrailer, "x-amz-checksum-crc32", "hello")
	large, _ := sent(t, UnsignedTrailer, "x-amz-checksum-crc32", strings.Repeat("a", maxChunk+1))
	largeBody := fmt.Sprintf("%x\r\n%s\r\n", maxChunk+1, strings.Repeat("a", maxChunk+1))
	trailed, trailedBody := sent(t, SignedTrailer, "x-amz-checksum-crc32", "hello")
	for name, c := range map[string]struct {
		r    *http.Request
		body string
		want error
	}{
		"empty":                 {plain, "", ErrTruncated},
		"no last chunk":         {plain, "5\r\nhello\r\n", ErrTruncated},
		"less content":          {plain, strings.Replace(plainBody, "5\r\nhello", "4\r\nhell", 1), ErrTruncated},
		"more content":          {plain, strings.Replace(plainBody, "5\r\nhello", "6\r\nhello!", 1), ErrMalformed},
		"long header":           {plain, strings.Repeat("0", 300) + plainBody, ErrMalformed},
		"endless header":        {plain, strings.Repeat("0", 1<<20), ErrMalformed},
		"negative size":         {plain, "-" + plainBody, ErrMalformed},
		"no size":               {plain, "\r\n" + plainBody, ErrMalformed},
		"huge size":             {plain, "ffffffffffffffff\r\n", ErrMalformed},
		"large chunk":           {large, largeBody, ErrMalformed},
		"extension":             {plain, strings.Replace(plainBody, "5\r\n", "5;a=b\r\n", 1), ErrMalformed},
		"signature not wanted":  {plain, strings.Replace(plainBody, "5\r\n", "5;chunk-signature="+emptyHash+"\r\n", 1), ErrMalformed},
		"unsigned chunk":        {signed, "10000\r\n" + strings.Repeat("a", streamChunk) + "\r\n", ErrMalformed},
		"no end of a chunk":     {plain, strings.Replace(plainBody, "hello\r\n", "helloXX", 1), ErrMalformed},
		"other trailer":         {plain, strings.Replace(plainBody, "crc32:", "crc32c:", 1), ErrMalformed},
		"no trailer":            {plain, "5\r\nhello\r\n0\r\n\r\n", ErrChecksum},
		"trailer twice":         {plain, strings.Replace(plainBody, "x-amz-checksum-crc32:", "x-amz-checksum-crc32:AAAA\r\nx-amz-checksum-crc32:", 1), ErrMalformed},
		"wrong checksum":        {plain, strings.Replace(plainBody, "hello", "hallo", 1), ErrChecksum},
		"more behind":           {plain, plainBody + "x", ErrTruncated},
		"many lines":            {plain, plainBody + strings.Repeat("\r\n", 100), ErrMalformed},
		"trailer not signed":    {trailed, trailedBody[:strings.Index(trailedBody, "x-amz-trailer-signature")] + "\r\n", ErrInvalid},
		"trailer of a body":     {signed, signedBody + "x-amz-checksum-crc32:AAAA\r\n", ErrMalformed},
		"nameless trailer":      {signed, signedBody + ":AAAA\r\n", ErrMalformed},
		"chunks swapped":        {signed, swapChunks(signedBody), ErrInvalid},
		"small chunks":          {signed, smallChunks(), ErrMalformed},
		"cut between chunks":    {signed, signedBody[:half], ErrTruncated},
		"chunks are not signed": {trailed, plainBody, ErrMalformed},
	} {
		if _, err := open(t, c.r, c.body); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// swapChunks exchanges the first two chunks of a body, which have the same size.
func swapChunks(body string) string {
	size := strings.Index(body, "\r\n") + 2 + streamChunk + 2
	first, second := body[:size], body[size:2*size]
	return second + first + body[2*size:]
}

// smallChunks is a body of 128 KiB in chunks of 100 bytes, with signatures that fit.
func smallChunks() string {
	r := httptest.NewRequest("PUT", "http://localhost:7070/b/a%20key", http.NoBody)
	b := &encoder{content: &io.LimitedReader{R: endless{}, N: 2 * streamChunk}, mode: SignedChunks, buffer: make([]byte, 100)}
	r.Header.Set("Content-Encoding", "aws-chunked")
	r.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(2*streamChunk))
	b.chain = signS3(r, nil, string(SignedChunks), s3Signer)
	body, _ := io.ReadAll(b)
	return string(body)
}

// endless is the letter a.
type endless struct{}

func (endless) Read(to []byte) (int, error) {
	for i := range to {
		to[i] = 'a'
	}
	return len(to), nil
}

func TestHashedContentEndsOnlyIfItsHashFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hash, body string
		length     int64
		want       error
	}{
		{hexHash([]byte("hello")), "hello", 5, nil},
		{hexHash([]byte("hello")), "hallo", 5, ErrMismatch},
		{emptyHash, "", 0, nil},
		{hexHash([]byte("hello")), "", 0, ErrMismatch},
		{hexHash([]byte("hello")), "hell", 5, ErrTruncated},
		{hexHash([]byte("hello")), "hello!", 5, ErrMalformed},
		{string(Unsigned), "hello", 5, nil},
		{string(Unsigned), "hell", 5, ErrTruncated},
	} {
		r := httptest.NewRequest("PUT", "http://localhost/b/k", strings.NewReader(c.body))
		r.ContentLength = c.length
		SignS3(r, nil, c.hash, s3Signer)
		if _, err := open(t, r, c.body); !errors.Is(err, c.want) {
			t.Errorf("%q of %d bytes by %s: got %v, want %v", c.body, c.length, c.hash, err, c.want)
		}
	}
}

func TestBodiesMustBeDescribed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payload, length, trailer string
		contentLength            int64
		want                     error
	}{
		"unknown mode":           {"STREAMING-AWS4-HMAC-SHA256", "5", "", 5, ErrPayload},
		"asymmetric":             {"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "5", "", 5, ErrUnsupported},
		"asymmetric trailer":     {"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", "5", "x-amz-checksum-crc32", 5, ErrUnsupported},
		"no length":              {string(Unsigned), "", "", -1, ErrLength},
		"two lengths":            {string(Unsigned), "6", "", 5, ErrLength},
		"no decoded length":      {string(SignedChunks), "", "", 5, ErrLength},
		"negative length":        {string(SignedChunks), "-1", "", 5, ErrLength},
		"length with a sign":     {string(SignedChunks), "+5", "", 5, ErrLength},
		"trailer not expected":   {string(SignedChunks), "5", "x-amz-checksum-crc32", 5, ErrPayload},
		"trailer not announced":  {string(UnsignedTrailer), "5", "", 5, ErrPayload},
		"trailer is no checksum": {string(UnsignedTrailer), "5", "x-amz-meta-a", 5, ErrPayload},
		"two trailers":           {string(UnsignedTrailer), "5", "x-amz-checksum-crc32,x-amz-checksum-sha1", 5, ErrPayload},
	} {
		r := httptest.NewRequest("PUT", "http://localhost/b/k", http.NoBody)
		r.ContentLength = c.contentLength
		if c.length != "" {
			r.Header.Set("X-Amz-Decoded-Content-Length", c.length)
		}
		if c.trailer != "" {
			r.Header.Set("X-Amz-Trailer", c.trailer)
		}
		SignS3(r, nil, c.payload, s3Signer)
		if _, err := checkS3(r, s3Time); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1)[:len(r.Header.Get("Authorization"))])
		if _, err := checkS3(r, s3Time); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s with a wrong signature: got %v", name, err)
		}
	}
	r := published()["GET object"]
	r.Header.Del("X-Amz-Content-Sha256")
	if _, err := checkS3(r, s3Time); !errors.Is(err, ErrPayload) {
		t.Errorf("no hash: got %v", err)
	}
	for name, c := range map[string]struct {
		hoisted, header string
		want            error
	}{
		"hoisted":     {emptyHash, "", nil},
		"both":        {emptyHash, emptyHash, nil},
		"another":     {emptyHash, string(Unsigned), ErrPayload},
		"chunks":      {string(SignedChunks), "", ErrUnsupported},
		"trailer":     {string(UnsignedTrailer), "", ErrUnsupported},
		"of a header": {"", string(UnsignedTrailer), ErrUnsupported},
	} {
		if _, err := checkS3(presigned(c.hoisted, c.header), s3Time); !errors.Is(err, c.want) {
			t.Errorf("presigned, %s: got %v, want %v", name, err, c.want)
		}
	}
	r = presignedExample()
	r.Header.Set("X-Amz-Content-Sha256", string(UnsignedTrailer))
	if _, err := checkS3(r, s3Time); err == nil {
		t.Error("a header that is not signed changes the mode of a presigned request")
	}
}

// presigned is a presigned request whose query or header says what the body is, and whose signature covers that.
func presigned(hoisted, header string) *http.Request {
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + strings.ReplaceAll(s3Scope, "/", "%2F") +
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
	if hoisted != "" {
		query += "&X-Amz-Content-Sha256=" + hoisted
	}
	r := httptest.NewRequest("PUT", "/b/k?"+query, http.NoBody)
	if header != "" {
		r.Header.Set("X-Amz-Content-Sha256", header)
	}
	s := &Signature{
		Scope: Scope{AccessKeyID: s3Key, Date: "20130524", Region: "us-east-1", Service: "s3"}, SignedHeaders: []string{"host"},
		Time: s3Time, Presigned: true,
	}
	list, _ := ParseQuery(query)
	text := cmp.Or(hoisted, header)
	r.URL.RawQuery += "&X-Amz-Signature=" + hexMAC(s.key(s3Secret), s.text(s.canonicalS3(r, list, text)))
	return r
}

// TestStreamsNeedConstantMemory passes 256 MiB through SignS3Stream and Open, and back.
func TestStreamsNeedConstantMemory(t *testing.T) {
	const size = 256 << 20
	r := httptest.NewRequest("PUT", "http://localhost/b/k", http.NoBody)
	SignS3Stream(r, nil, Stream{SignedTrailer, &io.LimitedReader{R: endless{}, N: size}, size, "x-amz-checksum-crc32c"}, s3Signer)
	p, err := checkS3(r, s3Time)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, p.Open(r.Body))
	runtime.ReadMemStats(&after)
	if err != nil || n != size {
		t.Fatalf("got %d bytes, %v", n, err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<20 {
		t.Errorf("%d MiB were allocated", allocated>>20)
	}
}

// FuzzContent checks that bodies are refused, or are what their headers say.
func FuzzContent(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", int64(5), false)
	f.Add("5;chunk-signature="+emptyHash+"\r\nhello\r\n", int64(5), true)
	f.Add("0\r\n\r\n", int64(0), false)
	f.Fuzz(func(t *testing.T, body string, length int64, signed bool) {
		p := &Payload{Mode: UnsignedTrailer, Length: max(length, 0), Trailer: "x-amz-checksum-crc32"}
		if signed {
			p.Mode, p.chain = SignedTrailer, chain{key: []byte("a secret"), last: emptyHash}
		}
		var got bytes.Buffer
		n, err := got.ReadFrom(p.Open(strings.NewReader(body)))
		if n > int64(len(body)) || n > p.Length {
			t.Errorf("read %d bytes", n)
		}
		if err == nil && (signed || n != p.Length) {
			t.Errorf("accepted %q", body)
		}
	})
}
