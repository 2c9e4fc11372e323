package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/http"
	"strings"

	"cardea/platform/audit"
)

// audit writes the record of a request that has been answered. Where that fails and records are required, an answer that is still held
// back is not sent.
func (r *Recorder) audit(q *Request, o *Outcome) {
	e := o.Event
	if r.Audit == nil || e == nil {
		return
	}
	e.Time = r.Audit.Now()
	e.Account = cmp.Or(q.Caller.Account, r.Audit.Account)
	if e.Identity == (audit.Identity{}) {
		e.Identity.Account = r.Audit.Account
	}
	e.Region = cmp.Or(q.Caller.Region, e.Region, r.Audit.Region)
	e.SourceIP, e.UserAgent, e.RequestID = q.Caller.IP, q.Caller.UserAgent, q.Caller.RequestID
	e.ErrorCode, e.TLS = o.Code, tlsOf(q.http)
	pool, sub := q.note.User()
	e.Additional.Sub = sub
	e.Additional.Pool = cmp.Or(o.Pool, e.Additional.Pool, pool)
	e.Additional.Client = cmp.Or(o.Client, e.Additional.Client)
	if r.Audit.Write(e) == nil {
		return
	}
	if h, held := q.http.Context().Value(heldKey{}).(*holder); held {
		h.lost = true
	}
}

// tlsOf is the connection that a request came by to this server.
func tlsOf(r *http.Request) audit.TLS {
	if r.TLS == nil {
		return audit.TLS{}
	}
	version := strings.Replace(tls.VersionName(r.TLS.Version), "TLS ", "TLSv", 1)
	return audit.TLS{Version: version, Suite: tls.CipherSuiteName(r.TLS.CipherSuite), Host: r.Host}
}

type heldKey struct{}

// holder is an answer that is held back.
type holder struct {
	http.ResponseWriter
	header http.Header
	status int
	body   []byte
	lost   bool // its record was not written
}

// Header implements http.ResponseWriter.
func (h *holder) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *holder) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write implements http.ResponseWriter.
func (h *holder) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	h.body = append(h.body, b...)
	return len(b), nil
}

// Unwrap lets http.ResponseController set deadlines.
func (h *holder) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// Recorded holds the answers of next back until they are recorded, where records are required. Without a record the answer is that the
// service is not available, as it is for all requests while none can be written: these are not begun.
func Recorded(log *audit.Log, next http.Handler) http.Handler {
	if log == nil || !log.Required {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if log.Ready() != nil {
			unrecorded(w, r)
			return
		}
		h := &holder{ResponseWriter: w, header: http.Header{}}
		next.ServeHTTP(h, r.WithContext(context.WithValue(r.Context(), heldKey{}, h)))
		if h.lost {
			unrecorded(w, r)
			return
		}
		for name, values := range h.header {
			w.Header()[name] = values
		}
		h.WriteHeader(http.StatusOK)
		w.WriteHeader(h.status)
		_, _ = w.Write(h.body) // the client may be gone
	})
}

// unrecorded answers a request that cannot be recorded, as AWS's SDKs and others try again.
func unrecorded(w http.ResponseWriter, r *http.Request) {
	const said = "The service is not available, please try again later."
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("X-Amz-Target") == "" {
		http.Error(w, said, http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`{"__type":"ServiceUnavailableException","message":"` + said + `"}`)) // the client may be gone
}
