package guard

import (
	"net/http"
	"testing"
)

// Servers that keep objects in files take "a//b" for "a/b": what policies forbid under one name they forbid under both.
func TestEmptySegmentsEvadeNoPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"},
		{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::photos/secret/k*"}]}`)
	for what, r := range map[string]*http.Request{
		"in front":   sign(w.request("GET", "/photos//secret/k", ""), "", alice),
		"inside":     sign(w.request("GET", "/photos/secret//k", ""), "", alice),
		"many":       sign(w.request("PUT", "/photos///secret////k", ""), "x", alice),
		"of a copy":  sign(w.request("PUT", "/photos/n", "", "X-Amz-Copy-Source", "/photos//secret/k"), "", alice),
		"of a part":  sign(w.request("PUT", "/photos/secret//k", "partNumber=1&uploadId=u"), "x", alice),
		"in a query": sign(w.request("GET", "/photos//secret/k", "versionId=1"), "", alice),
	} {
		w.fails(what, r, 403, "AccessDenied")
	}
	batch := sign(w.request("POST", "/photos", "delete"), "<Delete><Object><Key>/secret/k</Key></Object></Delete>", alice)
	if status, body, _ := w.do(batch); status != 200 || w.store.last() != nil {
		t.Errorf("got %d, %s; sent on: %v", status, body, w.store.last())
	}
	if status, body, _ := w.do(sign(w.request("PUT", "/photos//a//b/", ""), "x", alice)); status != 200 {
		t.Errorf("got %d, %s", status, body)
	}
	if _, found := w.store.object("/photos//a//b/"); !found {
		t.Error("the key was changed")
	}
}

// TestBypassingGovernanceIsAPermissionOfItsOwn sends the header that makes locked objects go with every operation.
func TestBypassingGovernanceIsAPermissionOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"*"},
		{"Effect":"Deny","Action":"s3:BypassGovernanceRetention","Resource":"*"}]}`)
	for _, c := range rows() {
		if c.name == "DeleteObjects" {
			continue // which answers for each object
		}
		for _, query := range []string{c.query, c.query + "&x-amz-bypass-governance-retention=true"} {
			r := w.request(c.method, c.path, query)
			if query == c.query {
				r.Header.Set("X-Amz-Bypass-Governance-Retention", "true")
			}
			if status, body, _ := w.do(sign(r, "", alice)); status == 200 {
				t.Errorf("%s %s?%s: got %d, %s", c.method, c.path, query, status, body)
			}
		}
	}
	if got := w.store.last(); got != nil {
		t.Errorf("a request was sent on: %s", got.RequestURI)
	}
}

func TestWhatConditionsReadIsGivenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{
		"StringEqualsIfExists":{"s3:RequestObjectTag/team":"a","s3:if-none-match":"*"}}}}`)
	put := func(tags string) *http.Request { return w.request("PUT", "/photos/k", "", "X-Amz-Tagging", tags) }
	if status, body, _ := w.do(sign(put("team=a&more=c"), "x", alice)); status != 200 {
		t.Errorf("got %d, %s", status, body)
	}
	w.fails("another", sign(put("team=b"), "x", alice), 403, "AccessDenied")
	for range 10 { // the order of a map decides nothing
		w.fails("twice by case", sign(put("team=a&Team=b"), "x", alice), 400, "InvalidArgument")
	}
	twice := w.request("PUT", "/photos/k", "")
	twice.Header["If-None-Match"] = []string{"*", `"x"`}
	w.fails("a header twice", sign(twice, "x", alice), 400, "InvalidArgument")
}

// AWS's guides write the resource of s3:ListAllMyBuckets in both ways.
func TestListingBucketsIsAllowedInBothWays(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]int{"*": 200, "arn:aws:s3:::*": 200, "arn:aws:s3:::photos": 403, "arn:aws:s3:::photos*": 403} {
		w := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"`+resource+`"}}`)
		w.store.answer = func(http.ResponseWriter, *http.Request) {}
		if status, body, _ := w.do(sign(w.request("GET", "/", ""), "", alice)); status != want {
			t.Errorf("%s: got %d, %s", resource, status, body)
		}
	}
}
