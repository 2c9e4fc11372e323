package triggertest

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardea/outbound/trigger"
	"cardea/outbound/webhook"
	"cardea/spec/sigv4"
)

// invoke answers Lambda's Invoke operation.
func (f *Function) invoke(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signature, err := sigv4.Parse(r)
	if err == nil {
		err = signature.Verify(r, body, sigv4.Check{Service: "lambda", Secret: SecretKey, Now: f.Now()})
	}
	if err != nil || signature.AccessKeyID != KeyID {
		f.tb.Errorf("Invoke is not signed: %v", err)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if strings.Contains(r.URL.EscapedPath(), ":") {
		f.tb.Errorf("the ARN's colons are not escaped as AWS's clients do: %s", r.URL.EscapedPath())
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	if kind != "RequestResponse" && kind != "Event" {
		f.tb.Errorf("invocation type %q", kind)
	}

	call := Invocation{Function: r.PathValue("name"), Event: body, Header: r.Header, Async: kind == "Event"}
	answer := f.take(call)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case answer.Status != 0:
		if answer.Code != "" {
			w.Header().Set("X-Amzn-Errortype", answer.Code)
		}
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, `{"Message":"from the service"}`)
	case call.Async:
		w.WriteHeader(http.StatusAccepted)
	default:
		if answer.raised() {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		if answer.Log != "" && r.Header.Get("X-Amz-Log-Type") == "Tail" {
			w.Header().Set("X-Amz-Log-Result", answer.tail())
		}
		_, _ = w.Write(answer.payload(body))
	}
}

// hook answers our webhook.
func (f *Function) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !signed(r.Header, body) {
		f.tb.Errorf("webhook is not signed: %q", r.Header.Get("Cardea-Signature"))
		w.WriteHeader(http.StatusForbidden)
		return
	}

	answer := f.take(Invocation{Function: r.Header.Get(trigger.FunctionHeader), Event: body, Header: r.Header})
	if !answer.NotJSON {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	switch {
	case answer.Status != 0:
		w.WriteHeader(answer.Status)
	case answer.raised():
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	_, _ = w.Write(answer.payload(body))
}

// signed reports whether one of the call's signatures is right, and its timestamp is about now.
func signed(h http.Header, body []byte) bool {
	seconds, err := strconv.ParseInt(h.Get("Cardea-Timestamp"), 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || time.Since(at).Abs() > 5*time.Minute {
		return false
	}
	want := http.Header{}
	webhook.Sign(want, [][]byte{[]byte(HookKey)}, webhook.Call{Delivery: h.Get("Cardea-Delivery"), At: at}, body)
	return slices.Contains(strings.Split(h.Get("Cardea-Signature"), ","), want.Get("Cardea-Signature"))
}
