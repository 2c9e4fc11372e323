package function

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The Runtime API's headers.
const (
	headerRequestID = "Lambda-Runtime-Aws-Request-Id"
	headerDeadline  = "Lambda-Runtime-Deadline-Ms"
	headerARN       = "Lambda-Runtime-Invoked-Function-Arn"
	headerTrace     = "Lambda-Runtime-Trace-Id"
	headerErrorType = "Lambda-Runtime-Function-Error-Type" // also a trailer
	headerErrorBody = "Lambda-Runtime-Function-Error-Body" // a trailer
)

// maxDiscarded bounds what is read of a body that is too long, so that its sender sees the answer.
const maxDiscarded = 64 << 20

var discard = log.New(io.Discard, "", 0)

// serveHTTP answers the Runtime API.
func (c *child) serveHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if c.secret != "" {
		rest, ok := strings.CutPrefix(path, "/"+c.secret)
		if !ok {
			http.NotFound(w, r)
			return
		}
		path = rest
	}
	call, ok := strings.CutPrefix(path, "/2018-06-01/runtime/")
	segments := strings.Split(call, "/")
	switch {
	case ok && r.Method == http.MethodGet && call == "invocation/next":
		c.next(w, r)
	case ok && r.Method == http.MethodPost && call == "init/error":
		c.initError(w, r)
	case ok && r.Method == http.MethodPost && len(segments) == 3 && segments[0] == "invocation" && segments[2] == "response":
		c.answer(w, r, segments[1])
	case ok && r.Method == http.MethodPost && len(segments) == 3 && segments[0] == "invocation" && segments[2] == "error":
		c.answer(w, r, segments[1])
	default:
		c.function.unknown.Do(func() {
			c.function.cfg.Log.Warn("function calls what this Runtime API does not have", "function", c.function.cfg.Name, "method", r.Method, "path", printable(path))
		})
		http.NotFound(w, r)
	}
}

// next waits for an event and sends it. A later call replaces one that is under way, whose client may have gone.
func (c *child) next(w http.ResponseWriter, r *http.Request) {
	f := c.function
	for {
		f.mu.Lock()
		if c.state == ending || c.state == busy && c.given {
			f.mu.Unlock()
			refuse(w, http.StatusForbidden, "InvalidStateTransition", "Transition from RuntimeInvoking to Ready is not allowed")
			return
		}
		if c.state == starting || c.state == answered {
			f.free(c)
			c.began = true
		}
		if c.state == busy && !c.given {
			c.given = true
			i := c.current
			f.mu.Unlock()
			send(w, i)
			return
		}
		if c.poll != nil {
			close(c.poll)
		}
		poll := make(chan struct{})
		c.poll = poll
		f.mu.Unlock()

		select {
		case <-poll:
		case <-r.Context().Done():
		}
		f.mu.Lock()
		mine := c.poll == poll
		if mine {
			c.poll = nil
		}
		replaced := !mine && c.poll != nil
		f.mu.Unlock()
		if r.Context().Err() != nil {
			return
		}
		if replaced {
			refuse(w, http.StatusForbidden, "InvalidStateTransition", "Another call of next is under way")
			return
		}
	}
}

// send writes an event.
func send(w http.ResponseWriter, i *invocation) {
	h := w.Header()
	h.Set(headerRequestID, i.ID)
	h.Set(headerDeadline, strconv.FormatInt(i.Deadline.UnixMilli(), 10))
	h.Set(headerARN, i.ARN)
	h.Set(headerTrace, newTrace(time.Now()))
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(i.Payload)))
	_, _ = w.Write(i.Payload) // a client that has gone asks again, or its invocation times out
}

// answer receives a response or, by the path's last segment, an error.
func (c *child) answer(w http.ResponseWriter, r *http.Request, id string) {
	i := c.receive(w, id)
	if i == nil {
		return
	}
	bound := c.function.cfg.MaxReply
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(bound)+1))
	switch {
	case err != nil:
		c.received(i, nil) // it may still answer
		refuse(w, http.StatusBadRequest, "Runtime.TruncatedResponse", "The body ended early")
		return
	case len(body) > bound:
		_, _ = io.CopyN(io.Discard, r.Body, maxDiscarded)
		reply := tooLarge(bound)
		c.received(i, &reply)
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size ("+strconv.Itoa(bound)+" bytes).")
		return
	}

	reply := Reply{Kind: Answered, Payload: body}
	if strings.HasSuffix(r.URL.Path, "/error") {
		reply = raised(body, r.Header.Get(headerErrorType))
	} else if errorType := r.Trailer.Get(headerErrorType); errorType != "" {
		trailer, err := base64.StdEncoding.DecodeString(r.Trailer.Get(headerErrorBody))
		if err != nil {
			trailer = nil
		}
		reply = raised(trailer, errorType)
	}
	c.received(i, &reply)
	accept(w)
}

// receive returns the invocation that an answer is for, or refuses the answer.
func (c *child) receive(w http.ResponseWriter, id string) *invocation {
	c.function.mu.Lock()
	defer c.function.mu.Unlock()
	switch {
	case c.current == nil || c.current.ID != id || !c.given:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil
	case c.state != busy || c.receiving:
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "The invocation has been answered")
		return nil
	}
	c.receiving = true
	return c.current
}

// received ends the invocation with the reply, if there is one.
func (c *child) received(i *invocation, reply *Reply) {
	f := c.function
	f.mu.Lock()
	defer f.mu.Unlock()
	c.receiving = false
	if reply == nil {
		return
	}
	i.end(outcome{reply: *reply})
	if c.state != busy {
		return
	}
	c.move(answered)
	if len(f.waiting) > 0 { // they count on this child for so long
		time.AfterFunc(returnWait, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.dispatch()
		})
	}
}

// initError receives why the function cannot start.
func (c *child) initError(w http.ResponseWriter, r *http.Request) {
	f := c.function
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(f.cfg.MaxReply)))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || c.state != starting {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "The runtime is not initializing")
		return
	}
	reply := raised(body, r.Header.Get(headerErrorType))
	c.report = &failure{kind: Raised, errorType: reply.ErrorType, message: reply.ErrorMessage, payload: reply.Payload}
	time.AfterFunc(firstPause, func() { // a function that does not end by itself
		f.mu.Lock()
		defer f.mu.Unlock()
		f.end(c)
	})
	accept(w)
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n") // the client may have gone
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(failed(Raised, errorType, message).Payload) // the client may have gone
}
