package server_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/server/servertest"
)

// unstorable is text that PostgreSQL cannot store: U+0000, and bytes that are not UTF-8.
var unstorable = []string{"\x00", "a\x00b", "\xff", "a\xed\xa0\x80b"}

// Such text is refused before it reaches the database, in whichever part of a request it is: servertest fails the test for
// an InternalErrorException.
func TestTextThatTheDatabaseCannotHoldIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		encode := base64.RawURLEncoding.EncodeToString
		for _, text := range unstorable {
			for _, issuer := range []string{w.URL + "/us-east-1" + text + "_AbC123xyz", w.URL + "/" + pool + text} {
				quoted := strings.ReplaceAll(issuer, "\x00", `\u0000`)
				token := encode([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + encode([]byte(`{"iss":"`+quoted+`","token_use":"access"}`)) + "." + encode([]byte("signature"))
				w.Fails(t, "GetUser", servertest.M{"AccessToken": token}, "NotAuthorizedException", "")
			}
			session := encode(append([]byte{byte(len(client) + len(text))}, client+text+strings.Repeat("s", 100)...))
			w.Fails(t, "RespondToAuthChallenge", servertest.M{
				"ClientId": client, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": session,
				"ChallengeResponses": servertest.M{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
			}, "NotAuthorizedException", "")
			w.Fails(t, "VerifySoftwareToken", servertest.M{"Session": session, "UserCode": "123456"}, "NotAuthorizedException", "")

			escaped := url.QueryEscape(text)
			for path, want := range map[string]int{
				"/us-east-1" + escaped + "_AbC123xyz/.well-known/jwks.json":           http.StatusNotFound,
				"/" + pool + escaped + "/.well-known/openid-configuration":            http.StatusNotFound,
				"/_cardea/inbox?to=" + escaped:                                        http.StatusOK,
				"/_cardea/inbox.json?to=" + escaped:                                   http.StatusOK,
				"/?Action=GetCallerIdentity&Version=2011-06-15&x=" + escaped:          http.StatusBadRequest,
				"/?Action=GetCallerIdentity&Version=" + escaped:                       http.StatusBadRequest,
				"/?Action=GetCallerIdentity&Version=2011-06-15" + credential(escaped): http.StatusBadRequest,
			} {
				if got, body := w.Get(t, path); got != want {
					t.Errorf("GET %s: got %d %s, want %d", path, got, body, want)
				}
			}
			if got := posted(w, `{"UserPoolId":"us-east-1_`+text+`"}`); got != http.StatusBadRequest {
				t.Errorf("%q in JSON: got %d", text, got)
			}
		}
	})
}

// credential is the X-Amz-Credential of a presigned request.
func credential(key string) string {
	return "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + key + "%2F20260314%2Fus-east-1%2Fsts%2Faws4_request"
}

// posted is the status of the answer to DescribeUserPool with a body that need not be JSON.
func posted(w *servertest.World, body string) int {
	r := httptest.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.DescribeUserPool")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260314/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=x")
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, r)
	return answer.Code
}
