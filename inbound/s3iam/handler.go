package s3iam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/serve"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// What the protocol fixes.
const (
	protocol       = 1
	protocolHeader = "X-Vgw-Private-Protocol"
	signedService  = "iam"
	signedRegion   = "us-east-1"
	maxBody        = 4 << 20
)

// Authorizer is what the gateway asks.
type Authorizer interface {
	Signer(ctx context.Context, accessKeyID, token string) (*authorization.Signer, error)
	Apart(ctx context.Context, p *authorization.Principal, keys iampolicy.Keys) (*authorization.Apart, error)
	Named(ctx context.Context, kind, name string) (*authorization.Named, error)
}

// Handler answers the gateway.
type Handler struct {
	Authorizer Authorizer
	Now        func() time.Time
	Account    arn.Account
	// Key is what the gateway signs its questions with.
	Key     sigv4.Key
	Version string // of this server
	serve.Recorder
}

// problem is an answer that refuses a question, with a code that the gateway knows.
type problem struct {
	status     int
	code, text string
}

func (p *problem) Error() string { return p.text }

var (
	errIdentity = &problem{http.StatusForbidden, "NoSuchIdentity", "no identity for the given access key id"}
	errToken    = &problem{http.StatusForbidden, "InvalidToken", "the given session token is missing, invalid, or does not belong to the given access key id"}
	errRequest  = &problem{http.StatusBadRequest, "BadRequest", "malformed request body"}
	errProtocol = &problem{http.StatusBadRequest, "ProtocolMismatch", "this server speaks version 1 of the protocol"}
	errSigned   = &problem{http.StatusForbidden, "SignatureDoesNotMatch", "the request is not signed with the gateway's key"}
	errPath     = &problem{http.StatusNotFound, "NotFound", "there is no such question"}
)

// answers are the questions, by their paths.
var answers = map[string]func(h *Handler, ctx context.Context, body []byte) (any, error){
	"/private/version":            (*Handler).version,
	"/private/derive-signing-key": (*Handler).deriveSigningKey,
	"/private/evaluate-policy":    (*Handler).evaluatePolicy,
	"/private/resolve-identity":   (*Handler).resolveIdentity,
	"/private/resolve-principals": (*Handler).resolvePrincipals,
}

// ServeHTTP answers a question.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent := serve.Open(r, id.NewUUID())
	var answer any
	err := sent.Catch(func() (err error) {
		answer, err = h.answer(w, r)
		return err
	})
	outcome := serve.Outcome{Service: "s3iam", Operation: operation(r.URL.Path), Status: http.StatusOK}
	if err != nil {
		p, known := errors.AsType[*problem](err)
		if !known {
			p, outcome.Failure = &problem{http.StatusInternalServerError, "InternalError", "something went wrong"}, err
		}
		outcome.Status, outcome.Code = p.status, p.code
		answer = map[string]string{"error": p.text, "code": p.code}
	}
	w.Header().Set(protocolHeader, strconv.Itoa(protocol))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(outcome.Status)
	_ = json.NewEncoder(w).Encode(answer) // whether the gateway reads it is its own matter
	h.Record(sent, outcome)
}

// operation is the name of a question, for the log.
func operation(path string) string {
	if answers[path] == nil {
		return ""
	}
	return path[len("/private/"):]
}

// answer answers a question. The context has no caller: where a request of S3 came from is what the gateway says.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	if r.Header.Get(protocolHeader) != strconv.Itoa(protocol) {
		return nil, errProtocol
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, errRequest
	}
	signature, err := sigv4.Parse(r)
	if err != nil || signature.Presigned || signature.AccessKeyID != h.Key.ID || signature.Region != signedRegion {
		return nil, errSigned
	}
	if err := signature.Verify(r, body, sigv4.Check{Service: signedService, Secret: h.Key.Secret, Now: h.Now()}); err != nil {
		return nil, errSigned
	}
	ask := answers[r.URL.Path]
	if ask == nil || r.Method != http.MethodPost {
		return nil, errPath
	}
	return ask(h, r.Context(), body)
}

func (h *Handler) version(context.Context, []byte) (any, error) {
	return map[string]any{"protocol": protocol, "minClient": protocol, "serverVersion": h.Version, "accountId": h.Account.ID}, nil
}

// signer finds whose access key it is. Only the gateway knows whether a request was signed with it.
func (h *Handler) signer(ctx context.Context, keyID, token string) (*authorization.Signer, *authorization.Principal, error) {
	if keyID == "" {
		return nil, nil, errRequest
	}
	signer, err := h.Authorizer.Signer(ctx, keyID, token)
	var p *authorization.Principal
	if err == nil {
		p, err = signer.Principal(ctx)
	}
	switch {
	case err == nil:
		return signer, p, nil
	case errors.Is(err, temporary.ErrExpired), errors.Is(err, authorization.ErrUnknownKey) && (token != "" || keyID[:min(4, len(keyID))] == "ASIA"):
		return nil, nil, errToken
	case errors.Is(err, authorization.ErrUnknownKey):
		return nil, nil, errIdentity
	}
	return nil, nil, fmt.Errorf("find access key: %w", err)
}
