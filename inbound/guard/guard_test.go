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
	"strings"
	"testing"

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
		content := noise(size)
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
		"&#34;arn:aws:s3:::photos/bob/k&#34; because no identity-based policy allows the s3:GetObject action") {
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
