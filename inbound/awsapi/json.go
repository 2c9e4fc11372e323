package awsapi

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

const jsonType = "application/x-amz-json-1.1"

// jsonProtocol is AWS JSON 1.1.
type jsonProtocol struct{}

var jsonWords = []word{
	{errMethod, "UnknownOperationException", http.StatusMethodNotAllowed},
	{errUnknown, "UnknownOperationException", http.StatusBadRequest},
	{errTooLarge, "RequestEntityTooLargeException", http.StatusRequestEntityTooLarge},
	{errUnfinished, "RequestTimeoutException", http.StatusRequestTimeout},
	{errBusy, "TooManyRequestsException", http.StatusBadRequest},
	{errForbidden, "AccessDeniedException", http.StatusBadRequest},
	{errInternal, "InternalErrorException", http.StatusInternalServerError},
	{awsjson.ErrSyntax, "SerializationException", http.StatusBadRequest},
	{awsjson.ErrConstraint, "InvalidParameterException", http.StatusBadRequest},
	{awsjson.ErrNotBuilt, "NotImplementedException", http.StatusBadRequest},
	{sigv4.ErrMissing, "MissingAuthenticationTokenException", http.StatusBadRequest},
	{sigv4.ErrIncomplete, "IncompleteSignatureException", http.StatusBadRequest},
	{sigv4.ErrInvalid, "InvalidSignatureException", http.StatusBadRequest},
	{authorization.ErrUnknownKey, "UnrecognizedClientException", http.StatusBadRequest},
	{temporary.ErrExpired, "ExpiredTokenException", http.StatusBadRequest},
}

func (jsonProtocol) words() []word { return jsonWords }

func (jsonProtocol) contentType() string { return jsonType }

func (p jsonProtocol) receive(c *call, w http.ResponseWriter, body *bytes.Buffer) (awsjson.Node, error) {
	if err := p.name(c, w); err != nil {
		return awsjson.Node{}, err
	}
	if err := c.withinSource(); err != nil {
		return awsjson.Node{}, err
	}
	if err := c.read(w, body, c.handler.Limits.of(c.operation)); err != nil {
		return awsjson.Node{}, err
	}
	if err := c.prove(body.Bytes()); err != nil {
		return awsjson.Node{}, err
	}
	return awsjson.Parse(body.Bytes())
}

// name finds the operation that the X-Amz-Target header names.
func (jsonProtocol) name(c *call, w http.ResponseWriter) error {
	unknown := func(text string) error { return &awsjson.Problem{Kind: errUnknown, Text: text} }
	if c.request.Method != http.MethodPost {
		w.Header().Set("Allow", "OPTIONS, POST")
		return &awsjson.Problem{Kind: errMethod, Text: "The API is asked by POST."}
	}
	if !isJSON(c.request.Header.Get("Content-Type")) {
		return unknown("The content type of a request is application/x-amz-json-1.1.")
	}
	target := c.request.Header.Get("X-Amz-Target")
	if target == "" {
		return unknown("The request has no X-Amz-Target header.")
	}
	prefix, name, _ := strings.Cut(target, ".")
	for i := range c.handler.Services {
		service := &c.handler.Services[i]
		if service.TargetPrefix == "" {
			continue // it speaks another protocol
		}
		if op, known := service.Operations[name]; known && service.TargetPrefix == prefix {
			c.service, c.operation = service, &op
			return nil
		}
	}
	return unknown("The X-Amz-Target header names no operation of this service.")
}

// isJSON reports whether a content type is the protocol's or one that old and simple clients send instead.
func isJSON(contentType string) bool {
	if contentType == jsonType {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == jsonType || media == "application/x-amz-json-1.0" || media == "application/json")
}

func (jsonProtocol) answer(_ *call, b *bytes.Buffer, out any) error {
	if out == nil {
		return nil
	}
	return awsjson.Encode(b, out)
}

func (jsonProtocol) refuse(_ *call, header http.Header, b *bytes.Buffer, fault *awsjson.Fault) {
	_ = awsjson.Encode(b, struct { // strings always encode
		Type    string `json:"__type"`
		Message string `json:"message"`
		Reason  string `json:"reasonCode,omitzero"`
	}{fault.Code, fault.Message, fault.Reason})
	header.Set("X-Amzn-Errortype", fault.Code+":")
	header.Set("X-Amzn-Errormessage", headerText(fault.Message))
}
