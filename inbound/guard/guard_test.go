package guard

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cardea/spec/sigv4"
)

func sumOf(text string) [32]byte { return sha256.Sum256([]byte(text)) }

func hmacOf(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// stream signs a request with content in chunks.
func stream(r *http.Request, mode sigv4.Mode, trailer, content string) *http.Request {
	sigv4.SignS3Stream(r, nil, sigv4.Stream{Mode: mode, Content: strings.NewReader(content), Length: int64(len(content)), Trailer: trailer}, by(session))
	return r
}

func TestObjectsArePassedOnInAllModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for _, size := range []int{0, 1, blockSize, 3*blockSize + 7} {
		content := strings.Repeat("content ", size/8+1)[:size]
		put := func() *http.Request {
			return w.request("PUT", "/photos/a b/%2F+ü", "", "Content-Type", "image/png", "X-Amz-Meta-A", "b", "Content-Encoding", "gzip")
		}
		unsigned := put()
		if size > 0 {
			unsigned.Body, unsigned.ContentLength = io.NopCloser(strings.NewReader(content)), int64(size)
		}
		sigv4.SignS3(unsigned, nil, string(sigv4.Unsigned), by(session))
		for name, r := range map[string]*http.Request{
			"hashed":   sign(put(), content, session),
			"unsigned": unsigned,
			"chunks":   stream(put(), sigv4.SignedChunks, "", content),
			"trailer":  stream(put(), sigv4.SignedTrailer, "x-amz-checksum-sha256", content),
			"crc64":    stream(put(), sigv4.UnsignedTrailer, "x-amz-checksum-crc64nvme", content),
		} {
			if status, body, _ := w.do(r); status != 200 {
				t.Errorf("%s, %d bytes: got %d, %s", name, size, status, body)
				continue
			}
			if got, _ := w.store.object("/photos/a b/%2F+ü"); string(got) != content {
				t.Errorf("%s: stored %d bytes of %d", name, len(got), size)
			}
			got := w.store.last()
			if got.Header.Get("X-Amz-Meta-A") != "b" || got.Header.Get("Content-Type") != "image/png" || unchunked(got.Header.Get("Content-Encoding")) != "gzip" {
				t.Errorf("%s: got %v", name, got.Header)
			}
			if got.Header.Get("X-Amz-Security-Token") != "" || strings.Contains(fmt.Sprint(got.Header), session.ID) {
				t.Errorf("%s: the client's credentials were sent on: %v", name, got.Header)
			}
			if name == "trailer" && got.Header.Get("X-Amz-Trailer") != "x-amz-checksum-sha256" {
				t.Errorf("the checksum was not sent on: %v", got.Header)
			}
			w.store.mu.Lock()
			delete(w.store.objects, "/photos/a b/%2F+ü")
			w.store.mu.Unlock()
		}
	}
	w.store.objects["/photos/k"] = []byte("hello")
	for name, r := range map[string]*http.Request{
		"signed":    sign(w.request("GET", "/photos/k", "response-content-type=a%2Fb", "Range", "bytes=0-9"), "", session),
		"presigned": presign(w.request("GET", "/photos/k", ""), "host", session),
	} {
		status, body, header := w.do(r)
		if status != 200 || body != "hello" || header.Get("X-Amz-Meta-A") != "b" {
			t.Errorf("%s: got %d, %s, %v", name, status, body, header)
		}
	}
}

func TestNoForgedContentIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for _, size := range []int{1, 100, blockSize, blockSize + 1, 5 * blockSize} {
		content := strings.Repeat("a", size)
		hashed := sign(w.request("PUT", "/photos/k", ""), content, alice)
		hashed.Body = io.NopCloser(strings.NewReader(content[:size-1] + "b"))
		empty := sign(w.request("PUT", "/photos/k", ""), content, alice)
		empty.Body, empty.ContentLength = http.NoBody, 0
		cases := map[string]*http.Request{"XAmzContentSHA256Mismatch": hashed, "XAmzContentSHA256Mismatch ": empty}
		for mode, code := range map[sigv4.Mode]string{
			sigv4.SignedChunks: "SignatureDoesNotMatch", sigv4.SignedTrailer: "SignatureDoesNotMatch", sigv4.UnsignedTrailer: "BadDigest",
		} {
			trailer := "x-amz-checksum-crc32"
			if mode == sigv4.SignedChunks {
				trailer = ""
			}
			r := stream(w.request("PUT", "/photos/k", ""), mode, trailer, content)
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), "\r\na", "\r\nb", 1)))
			cases[code+strings.Repeat(" ", len(mode))] = r
		}
		for code, r := range cases {
			code = strings.TrimSpace(code)
			w.fails(fmt.Sprintf("%s, %d bytes", code, size), r, map[string]int{"SignatureDoesNotMatch": 403}[code]|map[string]int{"XAmzContentSHA256Mismatch": 400, "BadDigest": 400}[code], code)
			if _, found := w.store.object("/photos/k"); found {
				t.Fatalf("%s, %d bytes: an object was stored", code, size)
			}
		}
	}
}

func TestWhoIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	get := func() *http.Request { return w.request("GET", "/photos/k", "") }
	wrong := alice
	wrong.Secret = "another"
	stranger := alice
	stranger.ID = "AKIASTRANGER00000000"
	tokenless := session
	tokenless.SessionToken = ""
	old := get()
	sigv4.SignS3(old, nil, hashOf(""), sigv4.Signer{Key: alice, Call: sigv4.Call{Region: "us-east-1", Service: "s3", Now: time.Now().Add(-time.Hour)}})
	abroad := get()
	sigv4.SignS3(abroad, nil, hashOf(""), sigv4.Signer{Key: alice, Call: sigv4.Call{Region: "eu-west-1", Service: "s3", Now: time.Now()}})
	extra := sign(get(), "", alice)
	extra.Header.Set("X-Amz-Copy-Source", "/secret/k")
	v2 := get()
	v2.Header.Set("Authorization", "AWS "+alice.ID+":c2lnbmF0dXJl")
	v4a := get()
	v4a.Header.Set("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=x")
	both := presign(get(), "host", alice)
	both.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
	for what, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"nobody":         {get(), 403, "AccessDenied"},
		"wrong secret":   {sign(get(), "", wrong), 403, "SignatureDoesNotMatch"},
		"unknown key":    {sign(get(), "", stranger), 403, "InvalidAccessKeyId"},
		"no token":       {sign(get(), "", tokenless), 403, "InvalidAccessKeyId"},
		"ended":          {sign(get(), "", ended), 400, "ExpiredToken"},
		"old":            {old, 403, "RequestTimeTooSkewed"},
		"another Region": {abroad, 400, "AuthorizationHeaderMalformed"},
		"unsigned":       {extra, 403, "AccessDenied"},
		"version 2":      {v2, 400, "InvalidArgument"},
		"version 4a":     {v4a, 501, "NotImplemented"},
		"both":           {both, 400, "InvalidArgument"},
	} {
		w.fails(what, c.r, c.status, c.code)
	}
	if got := w.store.last(); got != nil {
		t.Errorf("a request was sent on: %s", got.RequestURI)
	}
	if body := w.fails("unsigned", extra, 403, "AccessDenied"); !strings.Contains(body, "<HeadersNotSigned>x-amz-copy-source</HeadersNotSigned>") {
		t.Errorf("got %s", body)
	}
}

func TestHomeFoldersAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::photos/alice/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos","Condition":{"StringLike":{"s3:prefix":["","alice/*"]}}}]}`)
	for _, path := range []string{"/photos/alice/k", "/secret/alice/k", "/photos/bob/k"} {
		w.store.objects[path] = []byte("hello")
	}
	for what, r := range map[string]*http.Request{
		"put":  sign(w.request("PUT", "/photos/alice/n", ""), "x", alice),
		"copy": sign(w.request("PUT", "/photos/alice/n", "", "X-Amz-Copy-Source", "/photos/alice/k", "X-Amz-Tagging-Directive", "REPLACE"), "", alice),
		"list": sign(w.request("GET", "/photos", "list-type=2&prefix=alice/"), "", alice),
	} {
		if status, body, _ := w.do(r); status == 403 {
			t.Errorf("%s: got %d, %s", what, status, body)
		}
	}
	for what, r := range map[string]*http.Request{
		"another's":         sign(w.request("GET", "/photos/bob/k", ""), "", alice),
		"another bucket":    sign(w.request("GET", "/secret/alice/k", ""), "", alice),
		"a version":         sign(w.request("GET", "/photos/alice/k", "versionId=1"), "", alice),
		"by slashes":        sign(w.request("GET", "/photos//alice/k", ""), "", alice),
		"with an ACL":       sign(w.request("PUT", "/photos/alice/n", "", "X-Amz-Acl", "public-read"), "x", alice),
		"with an ACL, pre":  presign(w.request("PUT", "/photos/alice/n", "x-amz-acl=public-read"), "host", alice),
		"governance":        sign(w.request("DELETE", "/photos/alice/k", "", "X-Amz-Bypass-Governance-Retention", "true"), "", alice),
		"foreign copy":      sign(w.request("PUT", "/photos/alice/n", "", "X-Amz-Copy-Source", "/secret/alice/k"), "", alice),
		"encoded copy":      sign(w.request("PUT", "/photos/alice/n", "", "X-Amz-Copy-Source", "photos%2Fbob%2Fk"), "", alice),
		"copy of a version": sign(w.request("PUT", "/photos/alice/n", "", "X-Amz-Copy-Source", "/photos/alice/k?versionId=1"), "", alice),
		"part copy":         sign(w.request("PUT", "/photos/alice/n", "partNumber=1&uploadId=u", "X-Amz-Copy-Source", "/photos/bob/k"), "", alice),
		"listing":           sign(w.request("GET", "/photos", "list-type=2&prefix=bob/"), "", alice),
		"listing all":       sign(w.request("GET", "/photos", "list-type=2"), "", alice),
		"buckets":           sign(w.request("GET", "/", ""), "", alice),
	} {
		before := len(w.store.got)
		w.fails(what, r, 403, "AccessDenied")
		if len(w.store.got) != before {
			t.Errorf("%s: the request was sent on", what)
		}
	}
	body := w.fails("the words", sign(w.request("GET", "/photos/bob/k", ""), "", alice), 403, "AccessDenied")
	if !strings.Contains(body, "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: s3:GetObject on resource: "+
		"arn:aws:s3:::photos/bob/k because no identity-based policy allows the s3:GetObject action") {
		t.Errorf("got %s", body)
	}
}

func TestBodiesAreReadOnlyOnceTheRequestIsAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"}}`)
	for _, c := range []struct {
		path, want string
	}{{"/photos/k", "100"}, {"/secret/k", "403"}} {
		r := sign(w.request("PUT", c.path, "", "Expect", "100-continue"), "hello", alice)
		connection, err := net.Dial("tcp", r.URL.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		fmt.Fprintf(connection, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n", c.path, r.URL.Host)
		_ = r.Header.Write(connection)
		fmt.Fprint(connection, "\r\n")
		line, err := bufio.NewReader(connection).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 "+c.want) {
			t.Errorf("%s: got %q, %v", c.path, line, err)
		}
	}
}

func TestSeveralObjectsAreDeletedAsFarAsAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/alice/*"}]}`)
	for _, key := range []string{"alice/1", "alice/2&\r", "bob/1"} {
		w.store.objects["/photos/"+key] = []byte("hello")
	}
	const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>alice/1</Key></Object><Object><Key>alice/2&amp;&#13;</Key></Object>` +
		`<Object><Key>bob/1</Key></Object><Object><Key>alice/1</Key><VersionId>v</VersionId></Object><Object><Key>alice/../bob/1</Key></Object></Delete>`
	status, text, _ := w.do(sign(w.request("POST", "/photos", "delete", "X-Amz-Checksum-Crc32", sigv4.Checksum("x-amz-checksum-crc32", []byte(body))), body, alice))
	var got deleted
	if err := xmlUnmarshal(text, &got); err != nil || status != 200 || len(got.Deleted) != 2 || len(got.Errors) != 3 {
		t.Fatalf("got %d, %s, %v", status, text, err)
	}
	if got.Deleted[1].Key != "alice/2&\r" || got.Errors[0].Key != "bob/1" || got.Errors[0].Code != "AccessDenied" || got.Errors[1].VersionID != "v" {
		t.Errorf("got %+v", got)
	}
	if _, found := w.store.object("/photos/bob/1"); !found || len(w.store.objects) != 1 {
		t.Errorf("left are %d", len(w.store.objects))
	}

	before := len(w.store.got)
	none := sign(w.request("POST", "/photos", "delete"), `<Delete><Quiet>true</Quiet><Object><Key>bob/1</Key></Object></Delete>`, alice)
	if status, text, _ = w.do(none); status != 200 || !strings.Contains(text, "<Code>AccessDenied</Code>") || len(w.store.got) != before {
		t.Errorf("got %d, %s", status, text)
	}
	for what, c := range map[string]struct{ body, header, code string }{
		"not XML":         {"{}", "", "MalformedXML"},
		"two documents":   {"<Delete><Object><Key>a</Key></Object></Delete><Delete/>", "", "MalformedXML"},
		"nothing":         {"<Delete></Delete>", "", "MalformedXML"},
		"no key":          {"<Delete><Object><VersionId>1</VersionId></Object></Delete>", "", "MalformedXML"},
		"unknown element": {"<Delete><Object><Key>a</Key><Path>b</Path></Object></Delete>", "", "MalformedXML"},
		"too many":        {"<Delete>" + strings.Repeat("<Object><Key>a</Key></Object>", maxNames+1) + "</Delete>", "", "MalformedXML"},
		"too large":       {strings.Repeat(" ", maxBatch+1), "", "MaxMessageLengthExceeded"},
		"wrong MD5":       {"<Delete><Object><Key>alice/1</Key></Object></Delete>", "Content-Md5", "BadDigest"},
		"wrong checksum":  {"<Delete><Object><Key>alice/1</Key></Object></Delete>", "X-Amz-Checksum-Crc32", "BadDigest"},
	} {
		r := w.request("POST", "/photos", "delete")
		if c.header != "" {
			r.Header.Set(c.header, "AAAAAA==")
		}
		w.fails(what, sign(r, c.body, alice), 400, c.code)
	}
	if len(w.store.got) != before {
		t.Error("a request was sent on")
	}
}

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

func TestBucketsMayStandInTheHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.store.objects["/photos/a/k"] = []byte("hello")
	for host, c := range map[string]struct {
		path string
		want int
	}{
		"photos.s3.example.com":       {"/a/k", 200},
		"photos.s3.example.com:443":   {"/a/k", 200},
		"PHOTOS.S3.example.com":       {"/a/k", 200},
		"s3.example.com":              {"/photos/a/k", 200},
		"localhost":                   {"/photos/a/k", 200},
		"photos_x.s3.example.com":     {"/a/k", 400},
		"a..b.s3.example.com":         {"/a/k", 400},
		"photos.s3.example.com.other": {"/a/k", 400}, // a bucket "a" is too short
	} {
		r := w.request("GET", c.path, "")
		r.Host = host
		if status, body, _ := w.do(sign(r, "", alice)); status != c.want || status == 200 && body != "hello" {
			t.Errorf("%s%s: got %d, %s", host, c.path, status, body)
		}
	}
}

func TestRequestsThatServersReadDifferentlyAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	host := strings.TrimPrefix(w.server.URL, "http://")
	for what, c := range map[string]struct{ text, want string }{
		"HTTP/1.0":      {"GET /photos/k HTTP/1.0\r\nHost: " + host + "\r\n\r\n", "505"},
		"absolute form": {"GET http://other/photos/k HTTP/1.1\r\nHost: " + host + "\r\n\r\n", "400"},
		"two hosts":     {"GET /photos/k HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"two lengths":   {"PUT /photos/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
		"NUL":           {"GET /photos/k%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
		"asterisk":      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "200"}, // net/http answers
	} {
		connection, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		fmt.Fprint(connection, c.text)
		line, err := bufio.NewReader(connection).ReadString('\n')
		if err != nil || len(line) < 12 || line[9:12] != c.want {
			t.Errorf("%s: got %q, %v", what, line, err)
		}
	}
	for what, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"dots":                {w.request("GET", "/photos/a/../b", ""), 400, "InvalidArgument"},
		"dots at the end":     {w.request("GET", "/photos/..", ""), 400, "InvalidArgument"},
		"no bucket":           {w.request("GET", "//k", ""), 400, "InvalidArgument"},
		"bucket name":         {w.request("GET", "/Photos_/k", ""), 400, "InvalidBucketName"},
		"sub-resource":        {w.request("GET", "/photos", "notification"), 501, "NotImplemented"},
		"of an object":        {w.request("GET", "/photos/k", "torrent"), 501, "NotImplemented"},
		"two sub-resources":   {w.request("GET", "/photos/k", "acl&tagging"), 501, "NotImplemented"},
		"wrong level":         {w.request("GET", "/photos", "retention"), 501, "NotImplemented"},
		"wrong method":        {w.request("POST", "/photos/k", ""), 501, "NotImplemented"},
		"other parameter":     {w.request("GET", "/photos/k", "prefix=a"), 501, "NotImplemented"},
		"hoisted copy":        {w.request("PUT", "/photos/k", "x-amz-copy-source=%2Fsecret%2Fk"), 501, "NotImplemented"},
		"unknown parameter":   {w.request("PUT", "/photos/k", "x-amz-rename-source=k"), 501, "NotImplemented"},
		"unknown header":      {w.request("PUT", "/photos/k", "", "X-Amz-Rename-Source", "k"), 501, "NotImplemented"},
		"copy of nothing":     {w.request("GET", "/photos/k", "", "X-Amz-Copy-Source", "/photos/k"), 501, "NotImplemented"},
		"range of nothing":    {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source-Range", "bytes=0-1"), 501, "NotImplemented"},
		"copy of a bucket":    {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", "/photos"), 400, "InvalidArgument"},
		"copy by an ARN":      {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", "arn:aws:s3:us-east-1:1:accesspoint/a/object/k"), 400, "InvalidArgument"},
		"copy with dots":      {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", "/photos/%2e%2e/secret/k"), 400, "InvalidArgument"},
		"copy with query":     {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", "/photos/k?acl"), 400, "InvalidArgument"},
		"copy of no version":  {w.request("PUT", "/photos/k", "", "X-Amz-Copy-Source", "/photos/k?versionId="), 400, "InvalidArgument"},
		"no version":          {w.request("GET", "/photos/k", "versionId="), 400, "InvalidArgument"},
		"list-type":           {w.request("GET", "/photos", "list-type=3"), 400, "InvalidArgument"},
		"part":                {w.request("PUT", "/photos/k", "partNumber=x&uploadId=u"), 400, "InvalidArgument"},
		"value of a name":     {w.request("GET", "/photos", "acl=x"), 400, "InvalidArgument"},
		"tag twice":           {w.request("PUT", "/photos/k", "", "X-Amz-Tagging", "a=1&a=2"), 400, "InvalidArgument"},
		"header and query":    {w.request("PUT", "/photos/k", "x-amz-acl=private", "X-Amz-Acl", "public-read"), 400, "InvalidArgument"},
		"method of no object": {w.request("PATCH", "/photos/k", ""), 501, "NotImplemented"},
	} {
		w.fails(what, sign(c.r, "", alice), c.status, c.code)
	}
	w.fails("a body", sign(w.request("DELETE", "/photos/k", ""), "x", alice), 400, "InvalidRequest")
	if got := w.store.last(); got != nil {
		t.Errorf("a request was sent on: %s", got.RequestURI)
	}
}

func TestUnsignedBodiesNeedTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.PlainBodies = false
	put := func() *http.Request { return w.request("PUT", "/photos/k", "") }
	unsigned := func() *http.Request {
		r := put()
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello")), 5
		sigv4.SignS3(r, nil, string(sigv4.Unsigned), by(alice))
		return r
	}
	w.fails("unsigned", unsigned(), 400, "InvalidRequest")
	w.fails("trailer", stream(put(), sigv4.UnsignedTrailer, "x-amz-checksum-crc32", "hello"), 400, "InvalidRequest")
	for what, r := range map[string]*http.Request{
		"signed": sign(put(), "hello", alice), "chunks": stream(put(), sigv4.SignedChunks, "", "hello"), "no body": presign(w.request("GET", "/photos/k", ""), "host", alice),
	} {
		if status, body, _ := w.do(r); status == 400 {
			t.Errorf("%s: got %d, %s", what, status, body)
		}
	}
	secure := httptest.NewTLSServer(w.Handler)
	defer secure.Close()
	r := unsigned()
	r.URL.Scheme, r.URL.Host, r.Host = "https", strings.TrimPrefix(secure.URL, "https://"), ""
	r.Header = http.Header{}
	sigv4.SignS3(r, nil, string(sigv4.Unsigned), by(alice))
	answer, err := secure.Client().Do(r)
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("TLS: got %v, %v", answer, err)
	}
}

func TestPagesOfTheirOriginsMayCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	w.Origins = []string{"https://app.example.com"}
	w.store.objects["/photos/k"] = []byte("hello")
	ask := func(origin string) *http.Request {
		return w.request("OPTIONS", "/photos/k", "", "Origin", origin, "Access-Control-Request-Method", "PUT",
			"Access-Control-Request-Headers", "authorization,x-amz-date,x-amz-meta-a")
	}
	status, _, header := w.do(ask("https://app.example.com"))
	if status != 200 || header.Get("Access-Control-Allow-Origin") != "https://app.example.com" ||
		header.Get("Access-Control-Allow-Headers") != "authorization,x-amz-date,x-amz-meta-a" || !strings.Contains(header.Get("Access-Control-Allow-Methods"), "PUT") {
		t.Errorf("got %d, %v", status, header)
	}
	w.fails("another origin", ask("https://other.example.com"), 403, "AccessForbidden")
	r := sign(w.request("GET", "/photos/k", "", "Origin", "https://app.example.com"), "", alice)
	if _, _, header = w.do(r); header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || !strings.Contains(header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Errorf("got %v", header)
	}
	r = sign(w.request("GET", "/photos/k", "", "Origin", "https://other.example.com"), "", alice)
	if _, _, header = w.do(r); header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %v", header)
	}
	w.Origins = nil
	w.fails("no origins", ask("https://app.example.com"), 403, "AccessForbidden")
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
	const b, o = "arn:aws:s3:::photos", "arn:aws:s3:::photos/k/l"
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
			resource := map[level]string{service: "*", bucket: b, object: o}[op.level]
			if op.batch {
				resource = o
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
