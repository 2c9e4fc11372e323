package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// S3Skew is how far a signature's clock may be from the server's, for S3.
const S3Skew = 15 * time.Minute

// S3Check is what VerifyS3 compares a signature with.
type S3Check struct {
	Service string   // that the credential must be scoped to: "s3"
	Regions []string // one of which the credential must be scoped to
	Secret  string   // of the access key that the signature names
	Now     time.Time
}

// ParseS3 reads the signature and the query of a request of S3. Errors are ErrMissing, ErrIncomplete and ErrUnsupported.
func ParseS3(r *http.Request) (*Signature, Query, error) {
	query, err := ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, err
	}
	if err := once(r.Header); err != nil {
		return nil, nil, err
	}
	header := r.Header.Values("Authorization")
	presigned := slices.ContainsFunc(query, isAuthorization)
	switch {
	case len(header) > 1 || len(header) == 1 && presigned:
		return nil, nil, incomplete("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case len(header) == 1 && strings.HasPrefix(header[0], "AWS4-ECDSA-"), query.Get("X-Amz-Algorithm") == "AWS4-ECDSA-P256-SHA256":
		return nil, nil, unsupported("Asymmetric signatures are not supported.")
	case len(header) == 1 && strings.HasPrefix(header[0], "AWS "):
		return nil, nil, incomplete("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	}

	var f fields
	if presigned {
		f, err = queryFields(query.Get)
	} else if len(header) == 1 {
		f, err = parseAuthorization(header[0])
	} else {
		err = missing()
	}
	if err != nil {
		return nil, nil, err
	}
	s, err := f.parse()
	if err != nil {
		return nil, nil, err
	}
	if presigned {
		return s, query, s.fromQuery(query.Get)
	}
	return s, query, s.fromHeader(r.Header)
}

// isAuthorization reports whether a parameter belongs to a signature, in this version or a former one.
func isAuthorization(p Param) bool {
	switch strings.ToLower(p.Name) {
	case "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
		"x-amz-security-token", "awsaccesskeyid", "signature":
		return true
	}
	return false
}

// once refuses headers that are there twice though only one value can count. What users store may be in several.
func once(h http.Header) error {
	for name, values := range h {
		deciding := strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "X-Amz-Meta-") || name == "Date" || name == "Content-Encoding"
		if len(values) > 1 && deciding {
			return incomplete("The header '" + strings.ToLower(name) + "' is there twice.")
		}
	}
	return nil
}

// VerifyS3 reports whether the request was signed with the secret for S3 and at about this time, with every header that begins
// with x-amz-. It returns what the signature says of the body, none of which has been read. Errors are ErrScope, ErrSkewed,
// ErrExpired, ErrUncovered, ErrPayload, ErrLength, ErrUnsupported and ErrInvalid.
func (s *Signature) VerifyS3(r *http.Request, query Query, want S3Check) (*Payload, error) {
	if err := s.scoped(want); err != nil {
		return nil, err
	}
	if err := s.timelyS3(want.Now.UTC()); err != nil {
		return nil, err
	}
	if err := s.coversS3(r.Header); err != nil {
		return nil, err
	}
	text, err := s.payloadText(r.Header, query)
	if err != nil {
		return nil, err
	}
	key := s.key(want.Secret)
	if !s.matches(key, s.canonicalS3(r, query, text)) {
		return nil, invalid("The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	return s.payload(r, text, key)
}

// SigningKey derives the key that signs requests of the scope from the secret of its access key.
func SigningKey(secret string, scope Scope) []byte { return scope.key(secret) }

// canonicalS3 is the canonical request of S3: its path is decoded and encoded once, and nothing else happens to it.
func (s *Signature) canonicalS3(r *http.Request, query Query, payload string) string {
	return s.assemble(r, EncodePath(r.URL.Path)+"\n"+query.canonical(s.Presigned), max(r.ContentLength, 0), payload)
}

// EncodePath encodes a path as S3 signs it. Slashes stay, and no segment is dropped.
func EncodePath(path string) string {
	if path == "" {
		return "/"
	}
	return encodeBut(path, "-._~/")
}

// scoped refuses a credential for another service or Region.
func (s *Signature) scoped(want S3Check) error {
	switch {
	case s.Service != want.Service:
		return &Problem{ErrScope, "The authorization header is malformed; incorrect service \"" + s.Service + "\". This endpoint belongs to \"" + want.Service + "\"."}
	case !slices.Contains(want.Regions, s.Region):
		expected := ""
		if len(want.Regions) > 0 {
			expected = want.Regions[0]
		}
		return &Problem{ErrScope, "The authorization header is malformed; the region '" + s.Region + "' is wrong; expecting '" + expected + "'"}
	case s.Time.Format(timeLayout)[:8] != s.Date:
		return &Problem{ErrScope, "The authorization header is malformed; Invalid credential date \"" + s.Date + "\". This date is not the same as X-Amz-Date."}
	}
	return nil
}

// timelyS3 refuses a signature that is too old or too new.
func (s *Signature) timelyS3(now time.Time) error {
	if s.Presigned {
		switch {
		case s.Time.After(now.Add(S3Skew)):
			return &Problem{ErrExpired, "Request is not valid yet"}
		case now.After(s.Time.Add(s.Expires)):
			return &Problem{ErrExpired, "Request has expired"}
		}
		return nil
	}
	if s.Time.After(now.Add(S3Skew)) || s.Time.Before(now.Add(-S3Skew)) {
		return &Problem{ErrSkewed, "The difference between the request time and the current time is too large."}
	}
	return nil
}

// coversS3 refuses a request with a header that could change its meaning and that is not signed. The hash of the body is part of
// what is signed in any case, and balancers add X-Amzn-Trace-Id, which does not begin with X-Amz-.
func (s *Signature) coversS3(h http.Header) error {
	if !s.signs("host") {
		return &UncoveredError{[]string{"host"}}
	}
	var left []string
	for name := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && lower != "x-amz-content-sha256" && !s.signs(lower) {
			left = append(left, lower)
		}
	}
	if left != nil {
		slices.Sort(left)
		return &UncoveredError{left}
	}
	return nil
}
