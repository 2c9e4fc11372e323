package awsapi

import (
	"net/http"
	"strings"
)

// allowedHeaders are what browsers' SDKs send.
const allowedHeaders = "amz-sdk-invocation-id,amz-sdk-request,authorization,cache-control,content-type,x-amz-content-sha256," +
	"x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent,x-amzn-trace-id"

// preflight answers a browser's question whether a page may call. Any page may: the API uses no cookies, so a page can do
// only what its own secrets allow.
func preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", "POST")
	header.Set("Access-Control-Allow-Headers", allowedHeaders)
	if asked := r.Header.Get("Access-Control-Request-Headers"); askable(asked) {
		header.Set("Access-Control-Allow-Headers", asked)
		header.Set("Vary", "Access-Control-Request-Headers")
	}
	header.Set("Access-Control-Max-Age", "172800")
	w.WriteHeader(http.StatusOK)
}

// askable reports whether a text is a list of header names and short.
func askable(list string) bool {
	return list != "" && len(list) <= 1024 && !strings.ContainsFunc(list, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_, ", r)
	})
}
