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

// TestTemporaryCredentialsOpenDynamoDB asks the guard, which is also one before S3, with credentials of a role that may have one
// partition.
func TestTemporaryCredentialsOpenDynamoDB(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTable") {
			_, _ = io.WriteString(w, `{"Table":{"KeySchema":[{"AttributeName":"owner","KeyType":"HASH"}]}}`)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(behind.Close)
	servertest.EachWith(t, func(c *server.Config) {
		c.Guard = config.Guard{
			Addr: "127.0.0.1:0", Upstream: behind.URL, UpstreamRegion: "home", AccessKeyID: "upstream", SecretAccessKey: "secret",
			DynamoDBUpstream: behind.URL, DynamoDBUpstreamRegion: "home", DynamoDBAccessKeyID: "upstream", DynamoDBSecretAccessKey: "secret",
			Origins: []string{"*"},
		}
	}, func(t *testing.T, w *servertest.World) {
		iam, sts := w.On("iam"), w.On("sts")
		const account = servertest.Account
		iam.Must(t, "CreateRole", servertest.M{
			"RoleName":                 "Writer",
			"AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`,
		})
		iam.Must(t, "PutRolePolicy", servertest.M{
			"RoleName": "Writer", "PolicyName": "own",
			"PolicyDocument": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:` + w.Region + `:` + account +
				`:table/notes","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"${aws:userid}"}}}}`,
		})
		out := sts.Must(t, "AssumeRole", servertest.M{"RoleArn": "arn:aws:iam::" + account + ":role/Writer", "RoleSessionName": "build"})
		user := servertest.Text(out, "AssumedRoleUser.AssumedRoleId")
		key := sigv4.Key{
			ID: servertest.Text(out, "Credentials.AccessKeyId"), Secret: servertest.Text(out, "Credentials.SecretAccessKey"),
			SessionToken: servertest.Text(out, "Credentials.SessionToken"),
		}
		send := func(service, target, body string) string {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-amz-json-1.0")
			if target != "" {
				r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+target)
			}
			sigv4.Sign(r, []byte(body), key, sigv4.Call{Region: w.Region, Service: service, Now: w.Now()})
			answer := httptest.NewRecorder()
			w.Server.Guard.ServeHTTP(answer, r)
			return answer.Body.String()
		}
		item := func(owner string) string { return `{"TableName":"notes","Item":{"owner":{"S":"` + owner + `"}}}` }
		for _, c := range []struct{ what, got, want string }{
			{"own", send("dynamodb", "PutItem", item(user)), "{}"},
			{"another's", send("dynamodb", "PutItem", item("x")), "assumed-role/Writer/build is not authorized to perform: dynamodb:PutItem"},
			{"all", send("dynamodb", "Scan", `{"TableName":"notes"}`), "asks for the condition key dynamodb:leadingkeys, which cannot be computed"},
			{"signed for S3", send("s3", "PutItem", item(user)), "#InvalidSignatureException"},
			{"no target", send("dynamodb", "", item(user)), "#UnknownOperationException"},
			{"of S3", send("s3", "", ""), "<Code>"},
		} {
			if !strings.Contains(c.got, c.want) {
				t.Errorf("%s: got %s", c.what, c.got)
			}
		}
		r := httptest.NewRequest(http.MethodOptions, "/", http.NoBody)
		r.Header.Set("Origin", "https://app.example.com")
		r.Header.Set("Access-Control-Request-Headers", "Content-Type, X-Amz-Target")
		answer := httptest.NewRecorder()
		w.Server.Guard.ServeHTTP(answer, r)
		if answer.Header().Get("Access-Control-Allow-Methods") != "POST" {
			t.Errorf("a page's question: got %v", answer.Header())
		}
		w.Advance(2 * time.Hour)
		if got := send("dynamodb", "PutItem", item(user)); !strings.Contains(got, "#ExpiredTokenException") {
			t.Errorf("ended: got %s", got)
		}
	})
}
