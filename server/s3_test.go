package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

// TestTemporaryCredentialsOpenS3 asks the guard with credentials of a role, whose policies are those of IAM.
func TestTemporaryCredentialsOpenS3(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI)
	}))
	t.Cleanup(behind.Close)
	servertest.EachWith(t, func(c *server.Config) {
		c.Guard = config.Guard{Addr: "127.0.0.1:0", Upstream: behind.URL, UpstreamRegion: "home", AccessKeyID: "upstream", SecretAccessKey: "secret"}
	}, func(t *testing.T, w *servertest.World) {
		iam, sts := w.On("iam"), w.On("sts")
		const arn = "arn:aws:iam::" + servertest.Account + ":role/Uploader"
		iam.Must(t, "CreateRole", servertest.M{
			"RoleName":                 "Uploader",
			"AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + servertest.Account + `"},"Action":"sts:AssumeRole"}}`,
		})
		allow := func(resource string) {
			iam.Must(t, "PutRolePolicy", servertest.M{
				"RoleName": "Uploader", "PolicyName": "own",
				"PolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + resource + `"}}`,
			})
		}
		allow("arn:aws:s3:::photos/public/*")
		out := sts.Must(t, "AssumeRole", servertest.M{"RoleArn": arn, "RoleSessionName": "build"})
		key := sigv4.Key{
			ID: servertest.Text(out, "Credentials.AccessKeyId"), Secret: servertest.Text(out, "Credentials.SecretAccessKey"),
			SessionToken: servertest.Text(out, "Credentials.SessionToken"),
		}
		get := func(path string) (int, string) {
			r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
			sigv4.SignS3(r, nil, "UNSIGNED-PAYLOAD", sigv4.Signer{Key: key, Call: sigv4.Call{Region: w.Region, Service: "s3", Now: w.Now()}})
			answer := httptest.NewRecorder()
			w.Server.Guard.ServeHTTP(answer, r)
			return answer.Code, answer.Body.String()
		}
		if status, body := get("/photos/public/a%20b"); status != 200 || body != "GET /photos/public/a%20b" {
			t.Errorf("allowed: got %d, %s", status, body)
		}
		if status, body := get("/photos/private/k"); status != 403 || !strings.Contains(body, "assumed-role/Uploader/build is not authorized to perform: s3:GetObject") {
			t.Errorf("not allowed: got %d, %s", status, body)
		}
		allow("arn:aws:s3:::photos/private/*")
		if status, body := get("/photos/private/k"); status != 200 {
			t.Errorf("allowed since: got %d, %s", status, body)
		}
		w.Advance(2 * time.Hour)
		if status, body := get("/photos/private/k"); status != 400 || !strings.Contains(body, "<Code>ExpiredToken</Code>") {
			t.Errorf("ended: got %d, %s", status, body)
		}
	})
}

// TestTheGuardNotesTheUseOfKeys asks the guard with the key of a user of IAM.
func TestTheGuardNotesTheUseOfKeys(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(behind.Close)
	servertest.EachWith(t, func(c *server.Config) {
		c.Guard = config.Guard{Addr: "127.0.0.1:0", Upstream: behind.URL, UpstreamRegion: "home", AccessKeyID: "upstream", SecretAccessKey: "secret"}
	}, func(t *testing.T, w *servertest.World) {
		user, iam := someone(t, w, "ann"), w.On("iam")
		asked := func(secret, want string) {
			t.Helper()
			key := user.Key()
			key.Secret = secret
			r := httptest.NewRequest(http.MethodGet, "/photos/k", http.NoBody)
			sigv4.SignS3(r, nil, "UNSIGNED-PAYLOAD", sigv4.Signer{Key: key, Call: sigv4.Call{Region: w.Region, Service: "s3", Now: w.Now()}})
			w.Server.Guard.ServeHTTP(httptest.NewRecorder(), r)
			used := func() string {
				return servertest.Text(iam.Must(t, "GetAccessKeyLastUsed", M{"AccessKeyId": key.ID}), "AccessKeyLastUsed.ServiceName")
			}
			for range 200 { // it is written soon
				if used() == want {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("got %s, want %s", used(), want)
		}
		asked("another secret", "N/A")
		asked(user.Key().Secret, "s3")
	})
}
