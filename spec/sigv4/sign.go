package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
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
	hash := sha256.Sum256(body)
	canonical, err := s.canonical(r, body, hex.EncodeToString(hash[:]))
	if err != nil {
		return // the query is malformed: without a signature the service refuses the request
	}
	s.Value = hex.EncodeToString(mac(s.key(key.Secret), s.text(canonical)))
	r.Header.Set("Authorization", algorithm+" Credential="+key.ID+"/"+s.Scope.String()+
		", SignedHeaders="+strings.Join(s.SignedHeaders, ";")+", Signature="+s.Value)
}
