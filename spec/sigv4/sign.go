package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Key is an access key to sign with.
type Key struct {
	ID, Secret   string
	SessionToken string // of temporary keys; else empty
}

// Call says for what a request is signed, and when.
type Call struct {
	Region, Service string
	Now             time.Time
}

// Sign signs a request, whose whole body is body, in the header form. It must be sent as it then is. The host, the content
// type and every X-Amz header are signed; others, which proxies may change, are not.
func Sign(r *http.Request, body []byte, key Key, c Call) {
	s := prepare(r, key, c)
	canonical, err := s.canonical(r, body, hexHash(body))
	if err != nil {
		return // the query is malformed: without a signature the service refuses the request
	}
	s.attach(r, s.key(key.Secret), canonical)
}

// prepare sets the headers that are signed, and begins the signature.
func prepare(r *http.Request, key Key, c Call) *Signature {
	now := c.Now.UTC().Truncate(time.Second)
	r.Header.Set("X-Amz-Date", now.Format(timeLayout))
	if key.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", key.SessionToken)
	}
	s := &Signature{
		Scope:         Scope{AccessKeyID: key.ID, Date: now.Format(timeLayout)[:8], Region: c.Region, Service: c.Service},
		SignedHeaders: []string{"host"},
		Time:          now,
	}
	for name := range r.Header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz-") {
			s.SignedHeaders = append(s.SignedHeaders, strings.ToLower(name))
		}
	}
	slices.Sort(s.SignedHeaders)
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	return s
}

// attach signs the canonical request and sets the header.
func (s *Signature) attach(r *http.Request, key []byte, canonical string) {
	s.Value = hexMAC(key, s.text(canonical))
	r.Header.Set("Authorization", algorithm+" Credential="+s.AccessKeyID+"/"+s.Scope.String()+
		", SignedHeaders="+strings.Join(s.SignedHeaders, ";")+", Signature="+s.Value)
}
