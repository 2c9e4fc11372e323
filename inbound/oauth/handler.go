package oauth

import (
	"log/slog"
	"maps"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cardea/feature/oauth"
	"cardea/spec/awsjson"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Handler answers the endpoints of all pools.
type Handler struct {
	Service *oauth.Service
	// Log gets one line for each request. Nil logs nothing.
	Log *slog.Logger
	// Observe, unless nil, counts each request: the name of its endpoint, the error code or "", and how long it took.
	Observe func(service, operation, code string, took time.Duration)
}

// endpoint is one of the paths.
type endpoint struct {
	name    string
	methods []string
	open    bool // to scripts of any origin
	answer  func(c *call) error
}

var endpoints = map[string]endpoint{
	"/oauth2/token":    {"Token", []string{"POST"}, true, (*call).token},
	"/oauth2/userInfo": {"UserInfo", []string{"GET", "POST"}, true, (*call).userInfo},
	"/oauth2/revoke":   {"Revoke", []string{"POST"}, true, (*call).revoke},

	"/oauth2/authorize": {"Authorize", []string{"GET"}, false, (*call).authorize},
	"/logout":           {"Logout", []string{"GET"}, false, (*call).logout},
	"/login":            {"Login", []string{"GET"}, false, (*call).login},
}

// Paths are those that the handler answers, in no order.
func Paths() []string { return slices.Collect(maps.Keys(endpoints)) }

// call is one request and what is known about it so far.
type call struct {
	*Handler
	endpoint
	pool    id.Pool
	base    string
	w       http.ResponseWriter
	r       *http.Request
	caller  awsjson.Caller
	form    oauth2.Values
	client  string // that the request names, for the log
	basic   bool   // the client has proven itself by the header Authorization
	status  int
	code    string
	failure error // the cause of a server_error
	stack   []byte
}

// Site is the domain of a pool.
type Site struct {
	Pool id.Pool
	Base string // the address below which the endpoints are, without a slash at the end
}

// Serve answers a request for a pool, at the path below the address of its domain.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request, site Site, path string) {
	e, known := endpoints[path]
	if !known {
		http.NotFound(w, r)
		return
	}
	began := time.Now()
	c := &call{Handler: h, endpoint: e, pool: site.Pool, base: site.Base, w: w, caller: callerOf(r)}
	c.r = r.WithContext(awsjson.WithCaller(r.Context(), c.caller))
	c.headers()
	switch {
	case r.Method == http.MethodOptions && e.open:
		c.preflight()
		return
	case !slices.Contains(e.methods, r.Method):
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		c.fail(&oauth2.Error{Code: oauth2.InvalidRequest}, http.StatusMethodNotAllowed)
	default:
		c.run()
	}
	c.record(time.Since(began))
}

// run answers the request. A panic becomes an error like any other unplanned one.
func (c *call) run() {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			c.stack = debug.Stack()
			c.refuse(panicked(problem))
		}
	}()
	if err := c.answer(c); err != nil {
		c.refuse(err)
	}
}

const maxUserAgent = 512

// callerOf is who sent a request, as far as HTTP knows.
func callerOf(r *http.Request) awsjson.Caller {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.UserAgent()
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], "")
	return awsjson.Caller{RequestID: id.NewUUID(), IP: host, UserAgent: agent}
}

// isClient matches client ids. Any other text in their place is not logged, since it might be a secret.
var isClient = regexp.MustCompile(`^[a-z0-9]{26}$`)

// record counts the request and logs it, in one line.
func (c *call) record(took time.Duration) {
	if c.Observe != nil {
		c.Observe("oauth2", c.name, c.code, took)
	}
	level := slog.LevelInfo
	if c.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if c.Log == nil || !c.Log.Enabled(c.r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("operation", c.name), slog.Int("status", c.status), slog.Duration("duration", took),
		slog.String("request_id", c.caller.RequestID), slog.String("ip", c.caller.IP), slog.String("service", "oauth2"),
		slog.String("pool", string(c.pool)),
	}
	if isClient.MatchString(c.client) {
		attributes = append(attributes, slog.String("client", c.client))
	}
	if c.code != "" {
		attributes = append(attributes, slog.String("code", c.code))
	}
	if c.failure != nil {
		attributes = append(attributes, slog.Any("error", c.failure), slog.String("stack", string(c.stack)))
	}
	c.Log.LogAttrs(c.r.Context(), level, "request", attributes...)
}
