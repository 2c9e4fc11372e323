package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"

	"cardea/outbound/delivery"
	"cardea/platform/awscred"
	"cardea/spec/sigv4"
)

// Service is one service in one Region, and the key to call it with.
type Service struct {
	Name     string // in signatures
	Host     string // in AWS's host names, if it is another than Name
	Region   string
	Endpoint string // in the place of AWS's; empty: AWS
	Key      sigv4.Key
	Keys     awscred.Source // in the place of Key, unless nil
	Client   *http.Client   // bounds time, size and where a call may go
	Now      func() time.Time
}

// Call is one request.
type Call struct {
	Path        string
	ContentType string
	Target      string // X-Amz-Target, of services that have it
	Body        []byte
}

// Fault is the answer of a service that did not do what it was asked to.
type Fault struct {
	Code     string
	Text     string // the answer's body: it may have parts of the message, and is not for the log
	Response *http.Response
}

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 64 << 10

// Do calls an operation and answers nil, a *Fault that is for the caller to judge, or a *delivery.Error.
func (s *Service) Do(ctx context.Context, c Call) (*Fault, error) {
	_, fault, err := s.Ask(ctx, c)
	return fault, err
}

// Ask calls an operation for what it answers, of which it reads 64 KiB. Its errors are those of Do.
func (s *Service) Ask(ctx context.Context, c Call) ([]byte, *Fault, error) {
	request, err := s.request(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	response, err := s.Client.Do(request)
	if err != nil {
		return nil, nil, delivery.Unreachable(err)
	}
	defer func() { _ = response.Body.Close() }() // all that is used was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode/100 == 2 {
		return text, nil, nil // done, even if the answer was cut short
	}
	if err != nil {
		return nil, nil, delivery.Unreachable(err)
	}
	return nil, &Fault{Code: code(response.Header, text), Text: string(text), Response: response}, nil
}

// request is the signed call.
func (s *Service) request(ctx context.Context, c Call) (*http.Request, error) {
	address := strings.TrimSuffix(cmp.Or(s.Endpoint, "https://"+cmp.Or(s.Host, s.Name)+"."+s.Region+"."+suffix(s.Region)), "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+c.Path, bytes.NewReader(c.Body))
	if err != nil {
		return nil, &delivery.Error{Class: delivery.Misconfigured, Reason: "the endpoint of " + s.Name + " cannot be called"}
	}
	request.Header.Set("Content-Type", c.ContentType)
	if c.Target != "" {
		request.Header.Set("X-Amz-Target", c.Target)
	}
	now := s.Now
	if now == nil {
		now = time.Now
	}
	key := s.Key
	if s.Keys != nil {
		keys, err := s.Keys(ctx)
		if err != nil {
			return nil, &delivery.Error{Class: delivery.Misconfigured, Reason: "no key to call " + s.Name + " with: " + err.Error()}
		}
		key = sigv4.Key{ID: keys.ID, Secret: keys.Secret, SessionToken: keys.Token}
	}
	sigv4.Sign(request, c.Body, key, sigv4.Call{Region: s.Region, Service: s.Name, Now: now()})
	return request, nil
}

// suffix ends the host names of a Region's partition.
func suffix(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// code finds the error's code in the header, in JSON or in XML, without the namespace and the link that may be around it.
func code(header http.Header, body []byte) string {
	var object struct {
		Type string `json:"__type"`
		Code string `json:"code"`
	}
	var document struct {
		Code string `xml:"Error>Code"`
	}
	_ = json.Unmarshal(body, &object) // what is none has no code
	_ = xml.Unmarshal(body, &document)
	found := cmp.Or(header.Get("X-Amzn-Errortype"), object.Type, object.Code, document.Code)
	found, _, _ = strings.Cut(found, ":")
	if at := strings.LastIndexByte(found, '#'); at >= 0 {
		found = found[at+1:]
	}
	return found
}

// classes are those of codes that mean the same in every service.
var classes = map[string]delivery.Class{
	"AccessDenied": delivery.Misconfigured, "AccessDeniedException": delivery.Misconfigured, "AuthorizationError": delivery.Misconfigured,
	"InvalidClientTokenId": delivery.Misconfigured, "UnrecognizedClientException": delivery.Misconfigured,
	"SignatureDoesNotMatch": delivery.Misconfigured, "InvalidSignatureException": delivery.Misconfigured,
	"ExpiredToken": delivery.Misconfigured, "ExpiredTokenException": delivery.Misconfigured, "RequestExpired": delivery.Misconfigured,

	"Throttling": delivery.Throttled, "ThrottlingException": delivery.Throttled, "Throttled": delivery.Throttled,
	"ThrottledException": delivery.Throttled, "TooManyRequestsException": delivery.Throttled, "RequestLimitExceeded": delivery.Throttled,

	"InternalError": delivery.Transient, "InternalFailure": delivery.Transient, "InternalServerException": delivery.Transient,
	"ServiceUnavailable": delivery.Transient, "ServiceUnavailableException": delivery.Transient,
}

// Failure is what a fault means for a message. class is that of the service's own codes; empty: the code means the same in
// every service, or only the status says something.
func (f *Fault) Failure(service string, class delivery.Class) error {
	failure := delivery.Status(service, f.Response)
	if f.Code != "" {
		failure.Reason += " " + f.Code
	}
	if class = cmp.Or(class, classes[f.Code]); class != "" {
		failure.Class = class
	}
	if failure.Class == delivery.Throttled {
		failure.After = delivery.RetryAfter(f.Response.Header)
	}
	return failure
}
