package guard

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/spec/sigv4"
)

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
		"photos/x.s3.example.com":     {"/k", 400},
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
