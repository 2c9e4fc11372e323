package wiretest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Sign signs a request as the AWS clients do (Signature Version 4, header form), for us-east-1.
func Sign(r *http.Request, body []byte, key, secret string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	scope := stamp[:8] + "/us-east-1/cognito-idp/aws4_request"
	r.Header.Set("X-Amz-Date", stamp)

	names := []string{"content-type", "host", "x-amz-date", "x-amz-target"}
	canonical := "POST\n/\n\n"
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		canonical += name + ":" + value + "\n"
	}
	signed := strings.Join(names, ";")
	canonical += "\n" + signed + "\n" + digest(body)

	derived := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		derived = mac(derived, part)
	}
	signature := mac(derived, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+digest([]byte(canonical)))
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", key, scope, signed, signature))
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
