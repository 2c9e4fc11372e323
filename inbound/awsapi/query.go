package awsapi

import (
	"bytes"
	"net/http"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/spec/awsjson"
	"cardea/spec/awsquery"
	"cardea/spec/sigv4"
)

// noVersion stands for the version in messages about requests that name none, as in AWS.
const noVersion = "NO_VERSION_SPECIFIED"

// noService is the namespace of errors of requests that name no service.
const noService = "http://webservices.amazon.com/AWSFault/2005-15-09"

// queryProtocol is AWS query.
type queryProtocol struct{}

var queryWords = []word{
	{errUnknown, "InvalidAction", http.StatusBadRequest},
	{errTooLarge, "RequestEntityTooLarge", http.StatusRequestEntityTooLarge},
	{errUnfinished, "RequestTimeout", http.StatusRequestTimeout},
	{errBusy, "Throttling", http.StatusBadRequest},
	{errForbidden, "AccessDenied", http.StatusForbidden},
	{errInternal, "InternalFailure", http.StatusInternalServerError},
	{awsjson.ErrSyntax, "MalformedInput", http.StatusBadRequest},
	{awsjson.ErrConstraint, "ValidationError", http.StatusBadRequest},
	{awsjson.ErrNotBuilt, "NotImplemented", http.StatusBadRequest},
	{sigv4.ErrMissing, "MissingAuthenticationToken", http.StatusForbidden},
	{sigv4.ErrIncomplete, "IncompleteSignature", http.StatusBadRequest},
	{sigv4.ErrInvalid, "SignatureDoesNotMatch", http.StatusForbidden},
	{authorization.ErrUnknownKey, "InvalidClientTokenId", http.StatusForbidden},
	{temporary.ErrExpired, "ExpiredToken", http.StatusForbidden},
}

func (queryProtocol) words() []word { return queryWords }

func (queryProtocol) contentType() string { return "text/xml" }

func (p queryProtocol) receive(c *call, w http.ResponseWriter, body *bytes.Buffer) (awsjson.Node, error) {
	if err := c.read(w, body, c.handler.Limits.unsigned()); err != nil {
		return awsjson.Node{}, err
	}
	form := body.String()
	if form == "" {
		form = c.request.URL.RawQuery
	}
	parameters, err := awsquery.Parse(form)
	if err != nil {
		return awsjson.Node{}, err
	}
	if err := p.name(c, &parameters); err != nil {
		return awsjson.Node{}, err
	}
	if err := c.withinSource(); err != nil {
		return awsjson.Node{}, err
	}
	if err := c.prove(body.Bytes()); err != nil {
		return awsjson.Node{}, err
	}
	return parameters.Tree(c.operation.Input)
}

// name finds the operation that Action and Version name. Each service has a version that no other has.
func (queryProtocol) name(c *call, parameters *awsquery.Parameters) error {
	action, version := parameters.Action(), parameters.Version()
	for i := range c.handler.Services {
		service := &c.handler.Services[i]
		if service.Version == "" || service.Version != version {
			continue
		}
		c.service = service
		if op, known := service.Operations[action]; known {
			c.operation = &op
			return nil
		}
	}
	if version == "" {
		version = noVersion
	}
	return &awsjson.Problem{Kind: errUnknown, Text: "Could not find operation " + action + " for version " + version}
}

func (p queryProtocol) answer(c *call, b *bytes.Buffer, out any) error {
	return p.envelope(c).Answer(b, c.operation.Name, out)
}

func (p queryProtocol) refuse(c *call, _ http.Header, b *bytes.Buffer, fault *awsjson.Fault) {
	p.envelope(c).Fault(b, fault)
}

func (queryProtocol) envelope(c *call) awsquery.Envelope {
	namespace := noService
	if c.service != nil {
		namespace = c.service.Namespace
	}
	return awsquery.Envelope{Namespace: namespace, RequestID: c.Caller.RequestID}
}
