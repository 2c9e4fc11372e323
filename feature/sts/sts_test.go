package sts_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/server"
	"cardea/server/servertest"
)

// ask calls an operation of sts as a client of a Region does, with a signature that a development server does not check.
func ask(w *servertest.World, form, region string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(form+"&Version=2011-06-15"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=dev/20260314/"+region+"/sts/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("0", 64))
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, r)
	return answer
}

func TestCallersLearnTheirAccountAndARN(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for region, want := range map[string]string{
			"us-east-1":     "arn:aws:iam::123456789012:root",
			"cn-north-1":    "arn:aws-cn:iam::123456789012:root",
			"us-gov-west-1": "arn:aws-us-gov:iam::123456789012:root",
		} {
			got := ask(w, "Action=GetCallerIdentity", region)
			var answer struct {
				XMLName xml.Name
				Result  struct{ UserID, Account, Arn string } `xml:"GetCallerIdentityResult"`
			}
			text := strings.ReplaceAll(got.Body.String(), "UserId>", "UserID>")
			if err := xml.Unmarshal([]byte(text), &answer); err != nil || got.Code != http.StatusOK {
				t.Fatalf("got %d %s, %v", got.Code, got.Body, err)
			}
			if answer.XMLName.Space != "https://sts.amazonaws.com/doc/2011-06-15/" || answer.Result.Arn != want ||
				answer.Result.Account != servertest.Account || answer.Result.UserID != servertest.Account {
				t.Errorf("%s: got %s", region, got.Body)
			}
		}
	})
}

// A production server wants a signature, and one that is for sts.
func TestProductionWantsSignatures(t *testing.T) {
	t.Parallel()
	production := func(c *server.Config) { c.Dev = false }
	servertest.EachWith(t, production, func(t *testing.T, w *servertest.World) {
		got := ask(w, "Action=GetCallerIdentity", "us-east-1")
		if want := "<Code>IncompleteSignature</Code>"; got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), want) {
			t.Errorf("got %d %s, want %s", got.Code, got.Body, want)
		}
	})
}
