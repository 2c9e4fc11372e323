package oauth

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// headers writes those that every answer has, besides those of every answer of a domain.
func (c *call) headers() {
	h := c.w.Header()
	h.Set("X-Amz-Cognito-Request-Id", c.Caller.RequestID)
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	if c.open {
		h.Set("Access-Control-Allow-Origin", "*")
	}
}

// allowedHeaders are any: libraries send headers of their own, as Amplify does. The star stands for all but Authorization, and
// for nothing in old browsers.
const allowedHeaders = "authorization, content-type, x-amz-user-agent, *"

// preflight answers a browser's question whether a script may call. Any may: the endpoints use no cookies.
func (c *call) preflight() {
	h := c.w.Header()
	h.Set("Access-Control-Allow-Methods", strings.Join(c.methods, ", "))
	h.Set("Access-Control-Allow-Headers", allowedHeaders)
	h.Set("Access-Control-Max-Age", "7200")
	c.w.WriteHeader(http.StatusOK)
}

// write writes an answer in JSON.
func (c *call) write(status int, answer any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		panic(err) // structs and maps of strings always encode
	}
	text := bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	c.status = status
	c.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(text) // the client may be gone
}

// quoted makes a text fit for a quoted string in a header.
func quoted(text string) string {
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text) + `"`
}
