package aws

import (
	"net/http"
	"testing"
)

func TestCodesAreFoundWhereServicesPutThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ header, body, want string }{
		{"MessageRejected:http://internal.amazon.com/coral/", `{"message":"no"}`, "MessageRejected"},
		{"", `{"__type":"com.amazonaws.x#ThrottlingException","message":"no"}`, "ThrottlingException"},
		{"", `{"code":"BadRequestException"}`, "BadRequestException"},
		{"", `<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code></Error></ErrorResponse>`, "AuthorizationError"},
		{"", `<html><body>bad gateway</body></html>`, ""},
		{"", ``, ""},
	} {
		header := http.Header{}
		if c.header != "" {
			header.Set("X-Amzn-Errortype", c.header)
		}
		if got := code(header, []byte(c.body)); got != c.want {
			t.Errorf("%q %s: got %q, want %q", c.header, c.body, got, c.want)
		}
	}
}
