package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

// presigned is the address of an operation of STS, signed in its query for some seconds, as clients hand it to others.
func presigned(w *servertest.World, service, seconds string, key sigv4.Key) string {
	at := w.Now().UTC().Format("20060102T150405Z")
	scope := sigv4.Scope{AccessKeyID: key.ID, Date: at[:8], Region: w.Region, Service: service}
	values := url.Values{
		"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}, "X-Amz-Algorithm": {"AWS4-HMAC-SHA256"}, "X-Amz-Credential": {key.ID + "/" + scope.String()},
		"X-Amz-Date": {at}, "X-Amz-Expires": {seconds}, "X-Amz-SignedHeaders": {"host"}, "X-Amz-Security-Token": {key.SessionToken},
	}
	query := strings.ReplaceAll(values.Encode(), "+", "%20")
	sum := func(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
	canonical := "GET\n/\n" + query + "\nhost:example.com\n\nhost\n" + sum("")
	mac := hmac.New(sha256.New, sigv4.SigningKey(key.Secret, scope))
	mac.Write([]byte("AWS4-HMAC-SHA256\n" + at + "\n" + scope.String() + "\n" + sum(canonical)))
	return "/?" + query + "&X-Amz-Signature=" + hex.EncodeToString(mac.Sum(nil))
}

func TestPresignedRequestsCarrySessionTokens(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, enforcing, func(t *testing.T, w *servertest.World) {
		worker(t, w)
		caller := someone(t, w, "caller")
		grant(t, w, "caller", allow("sts:AssumeRole", "*"))
		key := assume(t, caller, M{"RoleArn": account + "role/worker", "RoleSessionName": "build"}).Key()
		asked := func(what, target, body string, header http.Header, status int, want string) {
			t.Helper()
			r := httptest.NewRequest(http.MethodGet, target, strings.NewReader(body))
			for name, values := range header {
				r.Header[name] = values
			}
			answer := httptest.NewRecorder()
			w.Server.Handler.ServeHTTP(answer, r)
			if answer.Code != status || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: got %d, %s", what, answer.Code, answer.Body)
			}
		}
		long, short := presigned(w, "sts", "604800", key), presigned(w, "sts", "60", key)
		token := "X-Amz-Security-Token=" + url.QueryEscape(key.SessionToken)
		other := caller.Key()
		asked("presigned", long, "", nil, 200, "assumed-role/worker/build")
		asked("without its token", strings.Replace(long, token, "X-Amz-Security-Token=", 1), "", nil, 403, "InvalidClientTokenId")
		asked("with another", strings.Replace(long, token, "X-Amz-Security-Token=AAAA", 1), "", nil, 403, "InvalidClientTokenId")
		asked("with a token in a header", long, "", http.Header{"X-Amz-Security-Token": {key.SessionToken}}, 403, "SignatureDoesNotMatch")
		asked("with its token twice", long+"&"+token, "", nil, 400, "MalformedInput")
		asked("with a header", long, "", http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=x"}}, 400, "IncompleteSignature")
		asked("with a body", long, "Action=GetSessionToken&Version=2011-06-15", nil, 403, "SignatureDoesNotMatch")
		asked("another operation", strings.Replace(long, "GetCallerIdentity", "GetSessionToken", 1), "", nil, 403, "SignatureDoesNotMatch")
		asked("for S3", presigned(w, "s3", "60", key), "", nil, 403, "SignatureDoesNotMatch")
		asked("a user's with a token", presigned(w, "sts", "60", sigv4.Key{ID: other.ID, Secret: other.Secret, SessionToken: key.SessionToken}), "", nil, 403, "InvalidClientTokenId")
		w.Advance(2 * time.Minute)
		asked("after its seconds", short, "", nil, 403, "SignatureDoesNotMatch")
		asked("still", long, "", nil, 200, "assumed-role/worker/build")
		w.Advance(time.Hour)
		asked("after its session", long, "", nil, 403, "ExpiredToken")
	})
}
