package trigger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cardea/platform/awscred"
	"cardea/spec/sigv4"
)

// maxLambdaEvent is Lambda's own limit for events that somebody waits for.
const maxLambdaEvent = 6 << 20

// Lambda invokes functions by the Invoke API of AWS Lambda, or of a service that speaks it ("Invoke" in the AWS Lambda API
// Reference).
type Lambda struct {
	Endpoint string // such as https://lambda.us-east-1.amazonaws.com; {region} stands for the function's Region
	Name     string // what to invoke whatever the ARN says, for services that know no ARNs; empty: the ARN
	Keys     awscred.Source
	Client   *http.Client // bounds time, size and where a call may go
	LogTail  bool         // ask for the end of what the function has logged
	Now      func() time.Time
}

// Invoke makes one try.
func (l *Lambda) Invoke(ctx context.Context, call Call) (Reply, error) {
	if len(call.Payload) > maxLambdaEvent {
		return Reply{}, NewFailed(TooLarge, nil)
	}
	request, err := l.request(ctx, call)
	if err != nil {
		return Reply{}, err
	}
	response, err := l.Client.Do(request)
	if err != nil {
		return Reply{}, fmt.Errorf("call Lambda: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // all that is used was read
	payload, err := io.ReadAll(response.Body)
	if err != nil {
		return Reply{}, afterReply(ctx, err)
	}

	switch response.StatusCode {
	case http.StatusOK:
		tail, _ := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result")) // for people only
		return Reply{Payload: payload, FunctionError: response.Header.Get("X-Amz-Function-Error"), LogTail: tail}, nil
	case http.StatusAccepted, http.StatusNoContent:
		return Reply{Payload: []byte("{}")}, nil
	}
	return Reply{}, lambdaFailure(response, payload)
}

// request is the signed call.
func (l *Lambda) request(ctx context.Context, call Call) (*http.Request, error) {
	name := call.ARN.String()
	if l.Name != "" {
		name = l.Name
	}
	base := strings.TrimSuffix(strings.ReplaceAll(l.Endpoint, "{region}", call.ARN.Region), "/")
	// Colons must be escaped here: AWS's clients do so, and the signature is over the path as it is sent.
	escaped := strings.ReplaceAll(url.PathEscape(name), ":", "%3A")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/2015-03-31/functions/"+escaped+"/invocations", bytes.NewReader(call.Payload))
	if err != nil {
		return nil, NewFailed(Unreachable, fmt.Errorf("prepare call of Lambda: %w", err))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	if call.Async {
		request.Header.Set("X-Amz-Invocation-Type", "Event")
	}
	if l.LogTail && !call.Async {
		request.Header.Set("X-Amz-Log-Type", "Tail")
	}

	keys, err := l.Keys(ctx)
	if err != nil {
		return nil, NewFailed(Denied, err)
	}
	key := sigv4.Key{ID: keys.ID, Secret: keys.Secret, SessionToken: keys.Token}
	sigv4.Sign(request, call.Payload, key, sigv4.Call{Region: call.ARN.Region, Service: "lambda", Now: l.now()})
	return request, nil
}

// lambdaFailure reads an error of the service itself. Only throttling may be tried again: what else the service answers may
// have come after the function ran.
func lambdaFailure(response *http.Response, body []byte) error {
	code, _, _ := strings.Cut(response.Header.Get("X-Amzn-Errortype"), ":")
	if code == "" {
		var named struct {
			Type string `json:"__type"`
			Code string `json:"Code"`
		}
		_ = json.Unmarshal(body, &named) // without a code, the status decides
		code = named.Code + named.Type[strings.LastIndexByte(named.Type, '#')+1:]
	}
	kind := Broken
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		kind = Throttled
	case http.StatusForbidden, http.StatusUnauthorized:
		kind = Denied
	case http.StatusNotFound:
		kind = Missing
	case http.StatusRequestEntityTooLarge:
		kind = TooLarge
	}
	failed := NewFailed(kind, fmt.Errorf("Lambda answered %d %s", response.StatusCode, code))
	if exception(code) {
		failed.Text = code
	}
	return failed
}

// exception reports whether a code looks like one of AWS's, which a caller may see.
func exception(code string) bool {
	return strings.HasSuffix(code, "Exception") && len(code) <= 64 && name.MatchString(code)
}

// afterReply is an error that came when the reply had begun: the function has run, and is not tried again unless time ran
// out.
func afterReply(ctx context.Context, err error) error {
	if ctx.Err() != nil || isTooLarge(err) {
		return err
	}
	return NewFailed(Broken, fmt.Errorf("read reply: %w", err))
}

func (l *Lambda) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}
