package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeLayout = "20060102T150405Z"

	tokenHeader = "X-Amz-Security-Token"

	maxSignedHeaders = 100
	maxKeyLength     = 128
	maxExpires       = 7 * 24 * time.Hour
)

// Scope is the credential that a request names: which key, and the date, Region and service that its signature is for.
type Scope struct {
	AccessKeyID string
	Date        string // eight digits
	Region      string
	Service     string
}

// String is the scope without the key, as it is signed.
func (s Scope) String() string {
	return s.Date + "/" + s.Region + "/" + s.Service + "/" + terminator
}

// Signature is the signature of a request. Nothing in it may be trusted before Verify.
type Signature struct {
	Scope
	SessionToken  string // X-Amz-Security-Token, which temporary keys need; else empty
	SignedHeaders []string
	Value         string // 64 hexadecimal digits
	Time          time.Time
	Presigned     bool          // the signature stands in the query
	Expires       time.Duration // of a presigned request
}

// Parse reads the signature of a request. Errors are ErrMissing and ErrIncomplete.
func Parse(r *http.Request) (*Signature, error) {
	fields, query, err := claims(r)
	if err != nil {
		return nil, err
	}
	s, err := fields.parse()
	if err != nil {
		return nil, err
	}
	if query != nil {
		return s, s.fromQuery(query.Get)
	}
	return s, s.fromHeader(r.Header)
}

// ScopeOf is the credential that a request names, for servers that accept any: signature and date may be missing.
func ScopeOf(r *http.Request) (Scope, error) {
	fields, _, err := claims(r)
	if err != nil && fields.credential == "" {
		return Scope{}, err
	}
	return parseScope(fields.credential)
}

// SessionToken is the session token that a request comes with, in its header or its query, or "".
func SessionToken(r *http.Request) string {
	if token := r.Header.Get(tokenHeader); token != "" {
		return token
	}
	return r.URL.Query().Get(tokenHeader)
}

// fields are the parameters of an Authorization header, or the same from a query.
type fields struct{ credential, signedHeaders, signature string }

// parse reads what the fields say; the date and the session token stand elsewhere.
func (f fields) parse() (*Signature, error) {
	scope, err := parseScope(f.credential)
	if err != nil {
		return nil, err
	}
	s := &Signature{Scope: scope, SignedHeaders: strings.Split(f.signedHeaders, ";"), Value: f.signature}
	if !validHeaders(s.SignedHeaders) {
		return nil, incomplete("The list of signed headers is malformed.")
	}
	if !isHash(s.Value) {
		return nil, incomplete("The signature is not 64 hexadecimal digits.")
	}
	return s, nil
}

// isHash reports whether s is a SHA-256 sum in hexadecimal digits.
func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// claims finds the signature's parameters. It returns the query if they are in it.
func claims(r *http.Request) (fields, url.Values, error) {
	header := r.Header.Values("Authorization")
	presigned := strings.Contains(r.URL.RawQuery, "X-Amz-Algorithm=") || strings.Contains(r.URL.RawQuery, "X-Amz-Credential=")
	switch {
	case len(header) == 0 && !presigned:
		return fields{}, nil, missing()
	case len(header) > 1 || len(header) == 1 && presigned:
		return fields{}, nil, incomplete("The request has more than one signature.")
	case len(header) == 1:
		f, err := parseAuthorization(header[0])
		return f, nil, err
	}

	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fields{}, nil, incomplete("The query is malformed.")
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token"} {
		if len(query[name]) > 1 {
			return fields{}, nil, incomplete("The query has more than one '" + name + "'.")
		}
	}
	f, err := queryFields(query.Get)
	return f, query, err
}

// queryFields reads the parameters of a presigned request.
func queryFields(get func(name string) string) (fields, error) {
	f := fields{get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature")}
	if get("X-Amz-Algorithm") != algorithm {
		return fields{}, incomplete("The query parameter 'X-Amz-Algorithm' must be '" + algorithm + "'.")
	}
	return f, f.complete("AWS query-string parameters must include '%s'. ", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…". Other schemes are no signature.
func parseAuthorization(header string) (fields, error) {
	rest, found := strings.CutPrefix(header, algorithm)
	if !found || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		if strings.HasPrefix(header, "AWS4-") {
			return fields{}, incomplete("Unsupported AWS signature algorithm.")
		}
		return fields{}, missing()
	}

	var f fields
	seen := make(map[string]bool, 3)
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name != "" && seen[name] {
			return fields{}, incomplete("Authorization header has a parameter twice.")
		}
		seen[name] = true
		switch name {
		case "Credential":
			f.credential = value
		case "SignedHeaders":
			f.signedHeaders = value
		case "Signature":
			f.signature = value
		}
	}
	return f, f.complete("Authorization header requires '%s' parameter. ", "Credential", "SignedHeaders", "Signature")
}

// complete names, in AWS's words, each parameter that is missing.
func (f fields) complete(sentence string, names ...string) error {
	text := ""
	for i, value := range []string{f.credential, f.signedHeaders, f.signature} {
		if value == "" {
			text += strings.Replace(sentence, "%s", names[i], 1)
		}
	}
	if text == "" {
		return nil
	}
	return incomplete(strings.TrimSpace(text))
}

// parseScope reads "<key>/<date>/<region>/<service>/aws4_request".
func parseScope(credential string) (Scope, error) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return Scope{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	s := Scope{AccessKeyID: parts[0], Date: parts[1], Region: parts[2], Service: parts[3]}
	switch {
	case parts[4] != terminator:
		return Scope{}, incomplete("Credential should be scoped with a valid terminator: '" + terminator + "'.")
	case s.AccessKeyID == "" || len(s.AccessKeyID) > maxKeyLength || !printable(s.AccessKeyID):
		return Scope{}, incomplete("Credential must begin with an access key id.")
	case len(s.Date) != 8 || strings.Trim(s.Date, "0123456789") != "":
		return Scope{}, incomplete("Credential must have a date of eight digits.")
	case !name(s.Region):
		return Scope{}, incomplete("Credential must have a Region of lower-case letters, digits and hyphens.")
	case !name(s.Service):
		return Scope{}, incomplete("Credential must have a service of lower-case letters, digits and hyphens.")
	}
	return s, nil
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// name reports whether s can be the name of a Region or a service. Regions become parts of identifiers.
func name(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// validHeaders reports whether names are as AWS wants them: in lower case, sorted, each once.
func validHeaders(names []string) bool {
	if len(names) > maxSignedHeaders || !slices.IsSorted(names) {
		return false
	}
	for i, n := range names {
		if n == "" || n != strings.ToLower(n) || !printable(n) || i > 0 && n == names[i-1] {
			return false
		}
	}
	return true
}

func (s *Signature) fromHeader(h http.Header) error {
	s.SessionToken = h.Get("X-Amz-Security-Token")
	if date := h.Get("X-Amz-Date"); date != "" {
		t, err := time.Parse(timeLayout, date)
		if err != nil {
			return incomplete("Date must be in ISO-8601 'basic format'.")
		}
		s.Time = t
		return nil
	}
	date := h.Get("Date")
	if date == "" {
		return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	t, err := time.Parse(timeLayout, date)
	if err != nil {
		t, err = http.ParseTime(date)
	}
	if err != nil {
		return incomplete("The 'Date' header is not a date.")
	}
	s.Time = t.UTC()
	return nil
}

func (s *Signature) fromQuery(get func(name string) string) error {
	s.Presigned = true
	s.SessionToken = get("X-Amz-Security-Token")
	t, err := time.Parse(timeLayout, get("X-Amz-Date"))
	if err != nil {
		return incomplete("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	s.Time = t
	seconds, err := strconv.Atoi(get("X-Amz-Expires"))
	s.Expires = time.Duration(seconds) * time.Second
	if err != nil || seconds < 1 || seconds > int(maxExpires/time.Second) {
		return incomplete("X-Amz-Expires must be a number of seconds between 1 and 604800.")
	}
	return nil
}
