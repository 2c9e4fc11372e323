package guard

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cardea/spec/sigv4"
)

// target is what a request will be sent on as: nothing else of it is.
type target struct {
	method      string
	bucket, key string // "" where the request names none
	query       sigv4.Query
	header      http.Header
	authType    string    // s3:authType
	source      *location // what is copied; nil: nothing
}

// location is an object, or a version of it.
type location struct{ bucket, key, version string }

// target takes from a request, whose signature has been verified, what is known.
func (e *exchange) target(query sigv4.Query) (*target, error) {
	t := &target{method: e.in.Method, header: http.Header{}, authType: "REST-HEADER"}
	if query.Get("X-Amz-Signature") != "" {
		t.authType = "REST-QUERY-STRING"
	}
	t.bucket, t.key, _ = strings.Cut(e.path()[1:], "/")
	if t.bucket != "" && !bucketName(t.bucket) {
		return nil, &fault{code: "InvalidBucketName", status: http.StatusBadRequest, text: "The specified bucket is not valid."}
	}
	if t.bucket == "" && t.key != "" || !safeKey(t.key) {
		return nil, invalidArgument("The key has a segment '.' or '..', or there is no bucket.")
	}
	if err := t.takeQuery(query); err != nil {
		return nil, err
	}
	if err := t.takeHeaders(e.in.Header); err != nil {
		return nil, err
	}
	return t, t.takeSource()
}

// path is the path of a request with the bucket before the key, wherever it stands.
func (e *exchange) path() string {
	host := e.in.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range e.Domains {
		if label, found := strings.CutSuffix(host, "."+domain); found {
			return "/" + label + e.in.URL.Path
		}
	}
	return e.in.URL.Path
}

var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// bucketName reports whether a text can be the name of a bucket.
func bucketName(name string) bool {
	return bucketPattern.MatchString(name) && !strings.Contains(name, "..")
}

// safeKey reports whether servers agree on which object a key names. It is bytes to policies, but some servers and clients resolve
// segments of dots.
func safeKey(key string) bool {
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return len(key) <= 1024 && !strings.ContainsRune(key, 0)
}

// hoisted are headers that presigned requests may have in the query.
func hoisted(name string) bool {
	return !strings.Contains(name, "Copy-Source") && !strings.HasPrefix(name, "X-Amz-Meta-") && passed(name)
}

// takeQuery takes the parameters, but those of the signature. Headers that a presigner has put there become headers again.
func (t *target) takeQuery(query sigv4.Query) error {
	for _, p := range query {
		name := http.CanonicalHeaderKey(p.Name)
		switch {
		case ofSignature[name] || p.Name == "x-id": // the latter is a hint for people
		case !strings.HasPrefix(name, "X-Amz-"):
			t.query = append(t.query, p)
		case hoisted(name) || strings.HasPrefix(name, "X-Amz-Meta-"):
			t.header.Set(name, p.Value)
		default:
			return notImplemented("The parameter " + p.Name + " is not implemented.")
		}
	}
	return nil
}

// ofSignature are the parameters and headers that belong to the client's signature and to how the body came.
var ofSignature = map[string]bool{
	"X-Amz-Algorithm": true, "X-Amz-Credential": true, "X-Amz-Date": true, "X-Amz-Expires": true, "X-Amz-Signedheaders": true,
	"X-Amz-Signature": true, "X-Amz-Security-Token": true, "X-Amz-Content-Sha256": true, "X-Amz-Decoded-Content-Length": true,
	"X-Amz-Trailer": true, "X-Amz-User-Agent": true, "X-Amz-Api-Version": true,
}

// plain are the headers of HTTP that are passed on.
var plain = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5", "Content-Type", "Expires",
	"If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Range",
}

// known are the headers of S3 that are passed on, besides those that begin with knownPrefixes.
var known = []string{
	"X-Amz-Acl", "X-Amz-Bucket-Object-Lock-Enabled", "X-Amz-Bypass-Governance-Retention", "X-Amz-Confirm-Remove-Self-Bucket-Access",
	"X-Amz-Expected-Bucket-Owner", "X-Amz-If-Match-Initiated-Time", "X-Amz-If-Match-Last-Modified-Time", "X-Amz-If-Match-Size",
	"X-Amz-Max-Parts", "X-Amz-Metadata-Directive", "X-Amz-Mfa", "X-Amz-Mp-Object-Size", "X-Amz-Object-Attributes",
	"X-Amz-Object-Ownership", "X-Amz-Optional-Object-Attributes", "X-Amz-Part-Number-Marker", "X-Amz-Request-Payer",
	"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Source-Expected-Bucket-Owner", "X-Amz-Storage-Class", "X-Amz-Tagging",
	"X-Amz-Tagging-Directive", "X-Amz-Transition-Default-Minimum-Object-Size", "X-Amz-Website-Redirect-Location",
}

var knownPrefixes = []string{
	"X-Amz-Checksum-", "X-Amz-Copy-Source", "X-Amz-Grant-", "X-Amz-Meta-", "X-Amz-Object-Lock-", "X-Amz-Server-Side-Encryption",
}

// passed reports whether a header of S3 is passed on.
func passed(name string) bool {
	return slices.Contains(known, name) ||
		slices.ContainsFunc(knownPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// takeHeaders takes the headers that are known. One of S3 that is not could change what the request does and is refused.
func (t *target) takeHeaders(all http.Header) error {
	for name, values := range all {
		switch {
		case !strings.HasPrefix(name, "X-Amz-") && !slices.Contains(plain, name), ofSignature[name]:
		case strings.HasPrefix(name, "X-Amz-") && !passed(name):
			return notImplemented("The header " + strings.ToLower(name) + " is not implemented.")
		case len(values) > 1 && !strings.HasPrefix(name, "X-Amz-Meta-"):
			return invalidArgument("The header " + strings.ToLower(name) + " is there twice.")
		case t.header.Get(name) != "":
			return invalidArgument("The header " + strings.ToLower(name) + " stands in the query, too.")
		default:
			t.header[name] = slices.Clone(values)
		}
	}
	if encoding := unchunked(t.header.Get("Content-Encoding")); encoding != "" {
		t.header.Set("Content-Encoding", encoding)
	} else {
		t.header.Del("Content-Encoding")
	}
	return nil
}

// unchunked is a Content-Encoding without aws-chunked, which is how the body came and no property of the object.
func unchunked(encoding string) string {
	var kept []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && !strings.EqualFold(part, "aws-chunked") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

// takeSource reads what is copied, and writes it anew, so that it can be read in one way only.
func (t *target) takeSource() error {
	text := t.header.Get("X-Amz-Copy-Source")
	if text == "" {
		return nil
	}
	path, query, versioned := strings.Cut(text, "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return invalidArgument("The copy source is malformed.")
	}
	t.source = &location{}
	t.source.bucket, t.source.key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if versioned {
		version, found := strings.CutPrefix(query, "versionId=")
		if t.source.version, err = url.PathUnescape(version); err != nil || !found || !plainVersion(t.source.version) {
			return invalidArgument("The version of the copy source is malformed.")
		}
	}
	if !bucketName(t.source.bucket) || t.source.key == "" || !safeKey(t.source.key) {
		return invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	again := sigv4.EncodePath("/" + t.source.bucket + "/" + t.source.key)
	if versioned {
		again += "?versionId=" + sigv4.EncodePath(t.source.version)
	}
	t.header.Set("X-Amz-Copy-Source", again)
	return nil
}

// plainVersion reports whether a text can be the id of a version. Servers do not agree on what an empty one means.
func plainVersion(version string) bool {
	return version != "" && len(version) <= 1024 && !strings.ContainsFunc(version, func(r rune) bool { return r <= ' ' || r > '~' })
}

// name finds the operation of a request.
func (t *target) name() (*operation, error) {
	at := service
	switch {
	case t.key != "":
		at = object
	case t.bucket != "":
		at = bucket
	}
	selected := ""
	for _, p := range t.query {
		if selectors[p.Name] {
			selected = p.Name // of two, none takes the other
		}
	}
	for i := range operations {
		op := &operations[i]
		if op.method == t.method && op.level == at && op.sub == selected && op.lacks(t.has) == "" {
			if op.sub == "uploadId" && op.method == http.MethodPut != t.has("partNumber") {
				continue
			}
			return op, t.fits(op)
		}
	}
	return nil, notImplemented("A header or query you provided requested a function that is not implemented.")
}

func (t *target) has(name string) bool {
	_, found := t.query.Lookup(name)
	return found
}

// fits refuses parameters and headers that the operation does not take.
func (t *target) fits(op *operation) error {
	for _, p := range t.query {
		if p.Name != op.sub && !op.takes(p.Name) {
			return notImplemented("The parameter " + p.Name + " is not implemented for " + op.name + ".")
		}
		switch p.Name {
		case "versionId":
			if !plainVersion(p.Value) {
				return invalidArgument("Invalid version id specified")
			}
		case "list-type", "select-type":
			if p.Value != "2" {
				return invalidArgument("The parameter " + p.Name + " must be 2.")
			}
		case "partNumber":
			if n, err := strconv.Atoi(p.Value); err != nil || n < 1 || n > 10_000 {
				return invalidArgument("Part number must be an integer between 1 and 10000, inclusive")
			}
		case "uploadId":
			if p.Value == "" {
				return invalidArgument("The upload id is empty.")
			}
		default:
			if p.Name == op.sub && p.Value != "" {
				return invalidArgument("The parameter " + p.Name + " takes no value.")
			}
		}
	}
	for name := range t.header {
		if strings.HasPrefix(name, "X-Amz-Copy-Source") && (!op.copies || t.source == nil) {
			return notImplemented(op.name + " copies nothing.")
		}
	}
	return nil
}
