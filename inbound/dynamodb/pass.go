package dynamodb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// maxError bounds what is read of an error, or of a table's description, in bytes.
const maxError = 16 << 20

// pass sends a request on and answers what comes back.
func (e *exchange) pass(op *operation, r *request) error {
	var body bytes.Buffer
	if err := encode(&body, r.body); err != nil {
		return err
	}
	if op.alters {
		table := given(r.body, "TableName", awsjson.Text).Text
		defer e.schemas.forget(table)
	}
	answer, err := e.send(e.operation, body.Bytes())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return e.relayError(answer)
	}
	header := e.w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "X-Amz-Crc32"} {
		if value := answer.Header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	e.begin(answer.StatusCode)
	if _, err := io.Copy(e.w, answer.Body); err != nil {
		return fmt.Errorf("pass the answer on: %w", err)
	}
	return nil
}

// send sends a request for an operation, signed with the server's own key.
func (e *exchange) send(operation string, body []byte) (*http.Response, error) {
	out := (&http.Request{
		Method: http.MethodPost, URL: &url.URL{Scheme: e.Upstream.Scheme, Host: e.Upstream.Host, Path: "/"}, Host: e.Upstream.Host,
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {prefix + operation}, "User-Agent": {""}},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}).WithContext(e.ctx)
	sigv4.Sign(out, body, e.Key, sigv4.Call{Region: e.UpstreamRegion, Service: "dynamodb", Now: e.Now()})
	answer, err := e.Transport.RoundTrip(out)
	if err != nil {
		return nil, unavailable(fmt.Errorf("call the server of DynamoDB: %w", err))
	}
	return answer, nil
}

// ours are the codes of errors about the server's own key, its policies or its signature, which clients can do nothing about.
const ours = "UnrecognizedClientException InvalidSignatureException IncompleteSignatureException MissingAuthenticationTokenException " +
	"MissingAuthenticationToken ExpiredTokenException AccessDeniedException InvalidClientTokenId NotAuthorizedException"

// relayError passes an error of the server on, unless it is about the server's own key.
func (e *exchange) relayError(answer *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxError))
	if err != nil {
		return unavailable(fmt.Errorf("read from the server of DynamoDB: %w", err))
	}
	var said struct {
		Type string `json:"__type"`
	}
	code := ""
	if json.Unmarshal(text, &said) == nil {
		code = said.Type[strings.LastIndex(said.Type, "#")+1:]
	}
	if code == "" || answer.StatusCode < 400 || listed(ours, code) {
		return unavailable(fmt.Errorf("the server of DynamoDB answered %d, %s", answer.StatusCode, code))
	}
	e.answer(answer.StatusCode, bytes.ReplaceAll(text, []byte(e.Key.ID), bytes.Repeat([]byte("*"), len(e.Key.ID))))
	return nil
}

// encode writes a value as it was judged.
func encode(b *bytes.Buffer, n *awsjson.Node) error {
	switch n.Type {
	case awsjson.Text:
		return awsjson.Encode(b, n.Text)
	case awsjson.Array, awsjson.Object:
		return encodeAll(b, n)
	case awsjson.Null:
		return awsjson.Malformed("NULL_VALUE cannot be read here")
	}
	b.WriteString(n.Text)
	return nil
}

func encodeAll(b *bytes.Buffer, n *awsjson.Node) error {
	brackets := "[]"
	if n.Type == awsjson.Object {
		brackets = "{}"
	}
	b.WriteByte(brackets[0])
	for i := range n.Items {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.Type == awsjson.Object {
			if err := awsjson.Encode(b, n.Keys[i]); err != nil {
				return err
			}
			b.WriteByte(':')
		}
		if err := encode(b, &n.Items[i]); err != nil {
			return err
		}
	}
	b.WriteByte(brackets[1])
	return nil
}
