package guard

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cardea/spec/sigv4"
)

func TestErrorsOfTheServerDoNotShowItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	get := func() *http.Request { return sign(w.request("GET", "/photos/none", ""), "", alice) }
	if body := w.fails("no such key", get(), 404, "NoSuchKey"); strings.Contains(body, upstream.ID) || !strings.Contains(body, "no key for ***") {
		t.Errorf("got %s", body)
	}
	for what, c := range map[string]struct {
		status, want int
		body, code   string
	}{
		"our signature": {403, 500, "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>" + upstream.ID + "</AWSAccessKeyId></Error>", "InternalError"},
		"our key":       {403, 500, "<Error><Code>InvalidAccessKeyId</Code></Error>", "InternalError"},
		"redirect":      {307, 503, "", "ServiceUnavailable"},
		"no document":   {502, 502, "<html>", "Bad Gateway"},
		"precondition":  {412, 412, "<Error><Code>PreconditionFailed</Code></Error>", "PreconditionFailed"},
	} {
		w.store.answer = func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", "http://inside.example.com/")
			rw.WriteHeader(c.status)
			_, _ = io.WriteString(rw, c.body)
		}
		if body := w.fails(what, get(), c.want, c.code); strings.Contains(body, upstream.ID) {
			t.Errorf("%s: got %s", what, body)
		}
	}
	w.store.answer = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Amz-Owner", upstream.ID)
		for _, part := range []string{"<Owner><ID>", upstream.ID[:4], upstream.ID[4:], "</ID></Owner>"} {
			_, _ = io.WriteString(rw, part)
			_ = http.NewResponseController(rw).Flush()
		}
	}
	_, body, header := w.do(sign(w.request("GET", "/", ""), "", alice))
	if body != "<Owner><ID>***********</ID></Owner>" || header.Get("X-Amz-Owner") != "" {
		t.Errorf("got %s, %v", body, header)
	}
	w.store.answer = nil
	if status, body, _ := w.do(sign(w.request("HEAD", "/photos/none", ""), "", alice)); status != 404 || body != "" {
		t.Errorf("HEAD: got %d, %s", status, body)
	}
}

// TestPermissionsAreThoseOfTheBytesThatAreSent computes what policies are asked from a request, and again from the bytes that are sent on
// for it.
func TestPermissionsAreThoseOfTheBytesThatAreSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	rapid.Check(t, func(rt *rapid.T) {
		piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"%2F", "%252F", "+", " ", "/", "//", "ü", "u\u0308", "?", "#", "&acl", "\\", "%2e%2e"}))
		text := func(name string) string { return strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(rt, name), "") }
		r := w.request(rapid.SampledFrom([]string{"GET", "PUT", "DELETE", "HEAD"}).Draw(rt, "method"), "/photos/"+text("key"), "")
		var query sigv4.Query
		switch rapid.IntRange(0, 4).Draw(rt, "kind") {
		case 0:
			query = sigv4.Query{{Name: "versionId", Value: "v1"}, {Name: "x-id", Value: text("x-id")}}
		case 1:
			query = sigv4.Query{{Name: "prefix", Value: text("prefix")}, {Name: "delimiter", Value: text("delimiter")}, {Name: "list-type", Value: "2"}}
			r.Method, r.URL.Path = "GET", "/photos"
		case 2:
			r.Method = "PUT"
			source := (&sigv4.Param{Value: text("source")}).Value
			r.Header.Set("X-Amz-Copy-Source", sigv4.EncodePath("/other-bucket/"+source))
		case 3:
			r.Method = "PUT"
			query = sigv4.Query{{Name: "x-amz-acl", Value: "private"}, {Name: "X-Amz-Tagging", Value: "a=b"}}
		}
		e := &exchange{Handler: w.Handler, in: httptest.NewRequest("GET", "/", http.NoBody), ctx: t.Context()}
		e.in.Method, e.in.URL, e.in.Header, e.in.Host = r.Method, r.URL, r.Header, r.URL.Host
		asked, out := permissionsOf(rt, e, query)
		if out == nil {
			return
		}
		var wire strings.Builder
		if err := out.Write(&wire); err != nil {
			rt.Fatal(err)
		}
		got, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
		if err != nil {
			rt.Fatal(err)
		}
		sent, err := sigv4.ParseQuery(got.URL.RawQuery)
		if err != nil {
			rt.Fatal(err)
		}
		again, _ := permissionsOf(rt, &exchange{Handler: w.Handler, in: got, ctx: t.Context()}, sent)
		if diff := cmp.Diff(asked, again, cmp.AllowUnexported(permission{})); diff != "" {
			rt.Fatalf("%s:\n%s", got.RequestURI, diff)
		}
	})
}

// permissionsOf are what policies are asked for a request, and the request that is sent on; none where it is refused.
func permissionsOf(t *rapid.T, e *exchange, query sigv4.Query) ([]permission, *http.Request) {
	target, err := e.target(query)
	if err != nil {
		return nil, nil
	}
	op, err := target.name()
	if err != nil {
		return nil, nil
	}
	asked, err := e.permissions(op, target)
	if err != nil {
		t.Fatal(err)
	}
	payload := &sigv4.Payload{Mode: sigv4.Unsigned}
	out, err := e.outgoing(target, payload, &held{from: payload.Open(http.NoBody), buffer: new(block)})
	if err != nil {
		t.Fatal(err)
	}
	return asked, out
}

// TestLargeObjectsNeedConstantMemory passes 256 MiB up, and 64 MiB up in another mode and down.
func TestLargeObjectsNeedConstantMemory(t *testing.T) {
	size := int64(256 << 20)
	w := newWorld(t, everything)
	w.store.discard = true
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, mode := range []sigv4.Mode{sigv4.SignedChunks, sigv4.UnsignedTrailer} {
		r := w.request("PUT", "/photos/k", "")
		trailer := ""
		if mode == sigv4.UnsignedTrailer {
			trailer = "x-amz-checksum-crc64nvme"
		}
		sigv4.SignS3Stream(r, nil, sigv4.Stream{Mode: mode, Content: io.LimitReader(letters{}, size), Length: size, Trailer: trailer}, by(alice))
		if status, body, _ := w.do(r); status != 200 {
			t.Fatalf("got %d, %s", status, body)
		}
		size = 64 << 20
	}
	w.store.answer = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.CopyN(rw, letters{}, size) }
	answer, err := w.server.Client().Transport.RoundTrip(sign(w.request("GET", "/photos/k", ""), "", alice))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); n != size || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 48<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
}

func TestAnAnswerThatBreaksOffIsNotWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.store.answer = func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "<half>")
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}
	answer, err := w.server.Client().Transport.RoundTrip(sign(w.request("GET", "/photos/k", ""), "", alice))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(answer.Body); err == nil {
		t.Error("a client cannot see that half of the answer is missing")
	}
}

func TestEveryRowOfTheTableAsksForItsActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.store.answer = func(http.ResponseWriter, *http.Request) {}
	const theBucket, theObject = "arn:aws:s3:::photos", "arn:aws:s3:::photos/k/l"
	seen := map[string]bool{}
	for _, c := range rows() {
		header := strings.Fields(c.header)
		r := w.request(c.method, c.path, c.query, header...)
		body := ""
		if c.name == "DeleteObjects" {
			body = "<Delete><Object><Key>k/l</Key></Object><Object><Key>k/l</Key><VersionId>1</VersionId></Object></Delete>"
		}
		e := &exchange{Handler: w.Handler, in: r}
		r.Host = r.URL.Host
		query, err := sigv4.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		target, err := e.target(query)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		op, err := target.name()
		if err != nil || op.name != c.name {
			t.Errorf("%s %s?%s: got %v, %v, want %s", c.method, c.path, c.query, op, err, c.name)
			continue
		}
		seen[op.name] = true
		var want []string
		for action := range strings.FieldsSeq(c.want) {
			resource := map[level]string{service: "arn:aws:s3:::*", bucket: theBucket, object: theObject}[op.level]
			if op.batch {
				resource = theObject
			}
			if action, found := strings.CutPrefix(action, "source:"); found {
				want = append(want, "s3:"+action+" arn:aws:s3:::others/from")
				continue
			}
			want = append(want, "s3:"+action+" "+resource)
		}
		slices.Sort(want)
		w.do(sign(w.request(c.method, c.path, c.query, header...), body, alice))
		if diff := cmp.Diff(want, w.takeAsked()); diff != "" {
			t.Errorf("%s %s?%s %s:\n%s", c.method, c.path, c.query, c.header, diff)
		}
	}
	for _, op := range operations {
		if !seen[op.name] {
			t.Errorf("no request is tried for %s", op.name)
		}
	}
}

func TestNamesOfMetadataAreInLowerCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.store.objects["/photos/k"] = []byte("hello")
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := sign(w.request("GET", "/photos/k", ""), "", alice).Write(connection); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4<<10)
	if n, err := connection.Read(text); err != nil || !strings.Contains(string(text[:n]), "\r\nx-amz-meta-a: b\r\n") {
		t.Errorf("got %s, %v", text[:n], err)
	}

	e := &exchange{Handler: w.Handler, in: w.request("PUT", "/photos/k", "", "X-Amz-Meta-A", "b"), ctx: t.Context()}
	target, err := e.target(nil)
	if err != nil {
		t.Fatal(err)
	}
	payload := &sigv4.Payload{Mode: sigv4.Unsigned}
	out, err := e.outgoing(target, payload, &held{from: payload.Open(http.NoBody), buffer: new(block)})
	if err != nil || out.Header[wireName("X-Amz-Meta-A")] == nil || out.Header["X-Amz-Meta-A"] != nil {
		t.Errorf("got %v, %v", out, err)
	}
}
