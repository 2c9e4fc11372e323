package branding_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

type M = servertest.M

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func termsOf(pool, client string) M {
	return M{
		"UserPoolId": pool, "ClientId": client, "TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE",
		"Links": M{"cognito:default": "https://shop.example/terms", "cognito:german": "https://shop.example/agb"},
	}
}

func TestTermsAreMadeChangedListedAndDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		client := w.Client(t, p, nil)
		given := termsOf(p, client)
		created, _ := w.Must(t, "CreateTerms", given)["Terms"].(M)
		name := servertest.Text(created, "TermsId")
		if !uuid.MatchString(name) {
			t.Errorf("id %q", name)
		}
		want := servertest.With(given, M{"TermsId": name, "CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535})
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("created: %s", diff)
		}
		of := M{"UserPoolId": p, "TermsId": name}
		byClient := M{"UserPoolId": p, "ClientId": client, "TermsName": "terms-of-use"}
		if diff := cmp.Diff(created, w.Must(t, "DescribeTerms", of)["Terms"]); diff != "" {
			t.Errorf("described: %s", diff)
		}
		if diff := cmp.Diff(created, w.Must(t, "DescribeTermsByClient", byClient)["Terms"]); diff != "" {
			t.Errorf("described by client: %s", diff)
		}
		w.Fails(t, "CreateTerms", given, "TermsExistsException", "")

		w.Advance(time.Second)
		other := servertest.Text(w.Must(t, "CreateTerms", servertest.With(given, M{"TermsName": "privacy-policy"})), "Terms.TermsId")
		w.Fails(t, "UpdateTerms", servertest.With(of, M{"TermsName": "privacy-policy"}), "TermsExistsException", "")
		links := M{"cognito:default": "https://shop.example/2"}
		want = servertest.With(want, M{"Links": links, "LastModifiedDate": 1773500967.535})
		if diff := cmp.Diff(want, w.Must(t, "UpdateTerms", servertest.With(of, M{"Links": links}))["Terms"]); diff != "" {
			t.Errorf("changed: %s", diff)
		}
		if diff := cmp.Diff(want, w.Must(t, "DescribeTerms", of)["Terms"]); diff != "" {
			t.Errorf("changed, described: %s", diff)
		}

		seen := map[string]bool{}
		request := M{"UserPoolId": p, "MaxResults": 1}
		for {
			out := w.Must(t, "ListTerms", request)
			for _, item := range out["Terms"].([]any) {
				seen[servertest.Text(item.(M), "TermsId")] = true
			}
			if out["NextToken"] == nil {
				break
			}
			request["NextToken"] = out["NextToken"]
		}
		if !seen[name] || !seen[other] || len(seen) != 2 {
			t.Errorf("listed: %v", seen)
		}
		w.Fails(t, "ListTerms", M{"UserPoolId": p, "NextToken": "x"}, "InvalidParameterException", "Invalid pagination token.")

		w.Must(t, "DeleteTerms", of)
		for _, operation := range []string{"DescribeTerms", "UpdateTerms", "DeleteTerms"} {
			w.Fails(t, operation, of, "ResourceNotFoundException", "Terms "+name+" does not exist.")
		}
		w.Fails(t, "DescribeTermsByClient", byClient, "ResourceNotFoundException", "")
		w.Must(t, "UpdateTerms", M{"UserPoolId": p, "TermsId": other, "TermsName": "terms-of-use"})
		w.Must(t, "DescribeTermsByClient", byClient)

		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": p, "ClientId": client})
		if list := w.Must(t, "ListTerms", M{"UserPoolId": p})["Terms"].([]any); len(list) != 0 {
			t.Errorf("left after their client: %v", list)
		}
	})
}

func TestLinksOfTermsLeadToTheWeb(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		given := termsOf(p, w.Client(t, p, nil))
		w.Fails(t, "CreateTerms", servertest.With(given, M{"Links": nil}), "InvalidParameterException", "")
		w.Fails(t, "CreateTerms", servertest.With(given, M{"Links": M{"cognito:german": "https://shop.example"}}), "InvalidParameterException", "Links must include cognito:default.")
		for _, link := range []string{"javascript:alert(1)", "JAVASCRIPT://x/%0aalert(1)", "data:text/html,x", "//shop.example", "/terms", "https://", "https://user@shop.example/", "ftp://shop.example"} {
			w.Fails(t, "CreateTerms", servertest.With(given, M{"Links": M{"cognito:default": link}}), "InvalidParameterException", "The link for cognito:default is not an http or https address.")
		}
		name := servertest.Text(w.Must(t, "CreateTerms", given), "Terms.TermsId")
		w.Fails(t, "UpdateTerms", M{"UserPoolId": p, "TermsId": name, "Links": M{"cognito:default": "javascript:x"}}, "InvalidParameterException", "")
		w.Fails(t, "CreateTerms", servertest.With(given, M{"ClientId": "unknown", "TermsName": "privacy-policy"}), "ResourceNotFoundException", "User pool client unknown does not exist.")

		other := w.Pool(t, nil)
		w.Fails(t, "DescribeTerms", M{"UserPoolId": other, "TermsId": name}, "ResourceNotFoundException", "")
		w.Fails(t, "DeleteTerms", M{"UserPoolId": other, "TermsId": name}, "ResourceNotFoundException", "")
	})
}

func TestOfManyTermsOfOneNameOneIsMade(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		given := termsOf(p, w.Client(t, p, nil))
		const many = 20
		failed := make([]error, many)
		var wait sync.WaitGroup
		for i := range many {
			wait.Go(func() { _, failed[i] = w.Call("CreateTerms", given) })
		}
		wait.Wait()
		made := 0
		for _, err := range failed {
			if err == nil {
				made++
			}
		}
		if list := w.Must(t, "ListTerms", M{"UserPoolId": p})["Terms"].([]any); made != 1 || len(list) != 1 {
			t.Errorf("%d were told that it is made, %d are there", made, len(list))
		}
	})
}
