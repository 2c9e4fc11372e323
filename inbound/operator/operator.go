package operator

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardea/engine/access"
	"cardea/engine/authorization"
	"cardea/engine/trail"
	"cardea/feature/federation"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// TracesPath lists what happened in sign-ins through identity providers.
const TracesPath = "/_cardea/federation/traces"

// action is what a caller must be allowed on the pool.
const action = "cognito-idp:ListFederationTraces"

// signingName is the service for which requests are signed.
const signingName = "cognito-idp"

// Sizes of pages.
const (
	defaultLimit = 20
	maxLimit     = 60
)

// maxQuery bounds the query of a request, in bytes.
const maxQuery = 4 << 10

// Handler answers operators.
type Handler struct {
	Traces *federation.Traces
	// Verify proves who signed a request for a service, as awsapi.Signed does.
	Verify func(r *http.Request, body []byte, service string) (caller.Caller, *authorization.Principal, error)
	// Authorizer decides whether policies allow action on the pool; nil allows everything.
	Authorizer *authorization.Authorizer
	serve.Recorder
}

// Register adds the handler to the mux of the API's address.
func (h *Handler) Register(mux *http.ServeMux) { mux.HandleFunc(TracesPath, h.serve) }

// answer is what a request is answered with.
type answer struct {
	status  int
	body    any
	code    string
	pool    string
	failure error
}

// event is what the audit log is told of a request that was answered; nil where it is not kept. whose is nil for one that is not proven.
func (h *Handler) event(q *serve.Request, r *http.Request, whose *authorization.Principal) *audit.Event {
	if h.Audit == nil {
		return nil
	}
	e := &audit.Event{
		ID: id.NewUUID(), Source: signingName + ".amazonaws.com", Name: "ListFederationTraces", Type: audit.APICall, ReadOnly: true,
		Identity: trail.Anonymous,
	}
	if whose != nil {
		e.Identity = trail.Identity(whose, q.Caller.AccessKeyID)
	} else if scope, err := sigv4.ScopeOf(r); err == nil {
		e.Additional.ClaimedKey = trail.ClaimedKey(scope.AccessKeyID)
	}
	return e
}

// refusal is the body of an answer that refuses a request.
type refusal struct {
	Error   string `json:"error"`
	Message string `json:"message"`
}

func refused(status int, code, message string) answer {
	return answer{status: status, code: code, body: refusal{code, message}}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	q := serve.Open(r, id.NewUUID())
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Amzn-Requestid", q.Caller.RequestID)

	var a answer
	var whose *authorization.Principal
	if err := q.Catch(func() error { a, whose = h.answer(q, r); return nil }); err != nil {
		a = failed(err)
	}
	if a.status == http.StatusMethodNotAllowed {
		header.Set("Allow", http.MethodGet)
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		a, body = failed(err), nil
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone
	h.Record(q, serve.Outcome{
		Service: signingName, Operation: "ListFederationTraces", Pool: id.Loggable(a.pool), Status: a.status, Code: a.code, Failure: a.failure,
		Event: h.event(q, r, whose),
	})
}

func failed(err error) answer {
	a := refused(http.StatusInternalServerError, "InternalError", "The server's log says why.")
	a.failure = err
	return a
}

// answer finds the answer, and who has signed the request. Nothing is looked at before the signature is.
func (h *Handler) answer(q *serve.Request, r *http.Request) (answer, *authorization.Principal) {
	if r.Method != http.MethodGet {
		return refused(http.StatusMethodNotAllowed, "MethodNotAllowed", "Only GET is answered here."), nil
	}
	if r.ContentLength != 0 {
		return refused(http.StatusBadRequest, "InvalidParameter", "The request has a body."), nil
	}
	signer, whose, err := h.Verify(r, nil, signingName)
	if err != nil {
		return unproven(err), nil
	}
	return h.list(q, r, signer, whose), whose
}

// list answers who has signed a request.
func (h *Handler) list(q *serve.Request, r *http.Request, signer caller.Caller, whose *authorization.Principal) answer {
	q.Caller.Region, q.Caller.Account, q.Caller.AccessKeyID = signer.Region, signer.Account, signer.AccessKeyID

	asked, wrong := read(r.URL.RawQuery)
	if err := h.authorize(q, r, whose, asked.Pool); err != nil {
		return unproven(err)
	}
	if wrong != "" {
		return refused(http.StatusBadRequest, "InvalidParameter", wrong)
	}
	page, err := h.Traces.List(h.Begin(q), asked)
	_, unknown := errors.AsType[*access.UnknownError](err)
	switch {
	case unknown:
		return refused(http.StatusNotFound, "ResourceNotFound", "There is no such user pool.")
	case errors.Is(err, federation.ErrToken):
		return refused(http.StatusBadRequest, "InvalidParameter", "after is not the next_token of an answer.")
	case err != nil:
		return failed(err)
	}
	return answer{status: http.StatusOK, body: page, pool: asked.Pool}
}

// authorize asks whether policies let the caller see the traces of a pool; wrong queries are for a pool that only "*" is.
func (h *Handler) authorize(q *serve.Request, r *http.Request, whose *authorization.Principal, pool string) error {
	if h.Authorizer == nil {
		return nil
	}
	resource := "*"
	if pool != "" {
		resource = id.Pool(pool).ARN(whose.Account)
	}
	ctx := caller.With(r.Context(), q.Caller)
	return h.Authorizer.Authorize(ctx, whose, &iampolicy.Request{Action: action, Resource: resource})
}

// unproven says why a signature, or its owner, is not accepted.
func unproven(err error) answer {
	if denied, ok := errors.AsType[*authorization.DeniedError](err); ok {
		return refused(http.StatusForbidden, "Forbidden", denied.Text)
	}
	if problem, ok := errors.AsType[*awsjson.Problem](err); ok {
		return refused(http.StatusForbidden, "Forbidden", problem.Text)
	}
	if problem, ok := errors.AsType[*sigv4.Problem](err); ok {
		return refused(http.StatusForbidden, "Forbidden", problem.Text)
	}
	return failed(err)
}

// parameters are those of TracesPath.
var parameters = []string{"pool", "provider", "id", "failed", "limit", "after"}

// read reads a query. wrong says what is wrong with it.
func read(raw string) (q federation.TracesQuery, wrong string) {
	values, err := url.ParseQuery(raw)
	if err != nil || len(raw) > maxQuery {
		return q, "The query is malformed."
	}
	for name, given := range values {
		signature := strings.HasPrefix(name, "X-Amz-") // of a presigned request
		if !slices.Contains(parameters, name) && !signature {
			return q, "The parameters are pool, provider, id, failed, limit and after."
		}
		if len(given) > 1 {
			return q, "A parameter is given more than once."
		}
		if !utf8.ValidString(given[0]) || strings.IndexByte(given[0], 0) >= 0 {
			return q, "A parameter is no text."
		}
	}
	if values.Get("pool") == "" {
		return q, "pool is missing."
	}
	q = federation.TracesQuery{
		Pool: values.Get("pool"), Provider: values.Get("provider"), ID: values.Get("id"), After: values.Get("after"), Limit: defaultLimit,
	}
	if text := values.Get("failed"); text != "" {
		if q.Failed, err = strconv.ParseBool(text); err != nil {
			return q, "failed is true or false."
		}
	}
	if text := values.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > maxLimit {
			return q, "limit is a number from 1 to 60."
		}
	}
	return q, ""
}
