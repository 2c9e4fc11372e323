package federation_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// atOnce makes calls at once, of which one must succeed, while the others are answered with a code.
func atOnce(t *testing.T, w *servertest.World, operation, code string, calls []M) {
	t.Helper()
	failures := make([]error, len(calls))
	var all sync.WaitGroup
	for i, in := range calls {
		all.Go(func() { _, failures[i] = w.Call(operation, in) })
	}
	all.Wait()
	won := 0
	for _, err := range failures {
		if err == nil {
			won++
		} else if !strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	if won != 1 {
		t.Errorf("%s succeeded %d times", operation, won)
	}
}

func TestOneOfManyProvidersOfANameIsMade(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		var names, identifiers []M
		for i := range 40 {
			names = append(names, of(p, "Google"))
			identifiers = append(identifiers, servertest.With(of(p, "OIDC"), M{
				"ProviderName": fmt.Sprintf("Corp%d", i), "IdpIdentifiers": []any{fmt.Sprintf("own%d", i), "shared"},
			}))
		}
		atOnce(t, w, "CreateIdentityProvider", "DuplicateProviderException", names)
		atOnce(t, w, "CreateIdentityProvider", invalid, identifiers)

		// Nothing is left of those that were refused.
		if got := listed(t, w, p, 60); len(got) != 2 {
			t.Errorf("there are %v", got)
		}
		have := 0
		for i := range 40 {
			if _, err := w.Call("GetIdentityProviderByIdentifier", M{"UserPoolId": p, "IdpIdentifier": fmt.Sprintf("own%d", i)}); err == nil {
				have++
			}
		}
		if have != 1 {
			t.Errorf("%d identifiers are there", have)
		}
	})
}

func TestAPoolHasABoundedNumberOfProviders(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		numbered := func(i int) M { return servertest.With(of(p, "OIDC"), M{"ProviderName": fmt.Sprintf("Corp%03d", i)}) }
		for i := range 299 {
			w.Must(t, "CreateIdentityProvider", numbered(i))
		}
		atOnce(t, w, "CreateIdentityProvider", "LimitExceededException", []M{numbered(300), numbered(301), numbered(302), numbered(303)})
		w.Must(t, "CreateIdentityProvider", of(w.Pool(t, nil), "OIDC"))
		w.Must(t, "UpdateIdentityProvider", M{"UserPoolId": p, "ProviderName": "Corp000"})
	})
}

func TestAChangeThatAnotherOvertakesIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		name := M{"UserPoolId": p, "ProviderName": "Corp"}
		for _, c := range []struct{ operation, code string }{
			{"UpdateIdentityProvider", "ConcurrentModificationException"}, {"DeleteIdentityProvider", "ResourceNotFoundException"},
		} {
			if _, err := w.Call("DescribeIdentityProvider", name); err != nil {
				w.Must(t, "CreateIdentityProvider", of(p, "OIDC"))
			}
			meanwhile := servertest.With(name, nil)
			if c.operation == "UpdateIdentityProvider" {
				meanwhile["IdpIdentifiers"] = []any{"meanwhile"}
			}
			op := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if _, err := w.Call(c.operation, meanwhile); err != nil {
					t.Errorf("in the meantime: %v", err)
				}
				at := "http://" + r.Host
				_ = json.NewEncoder(rw).Encode(M{"issuer": at, "authorization_endpoint": at + "/a", "token_endpoint": at + "/t", "jwks_uri": at + "/k"})
			}))
			t.Cleanup(op.Close)
			w.Fails(t, "UpdateIdentityProvider", servertest.With(name, M{"ProviderDetails": corp(p, op.URL)["ProviderDetails"]}), c.code, "")
			if c.operation != "UpdateIdentityProvider" {
				continue
			}
			got := w.Must(t, "DescribeIdentityProvider", name)["IdentityProvider"].(M)
			if diff := cmp.Diff([]any{"meanwhile"}, got["IdpIdentifiers"]); diff != "" || servertest.Text(got, "ProviderDetails.oidc_issuer") == op.URL {
				t.Errorf("got %v", got)
			}
		}
	})
}

// listed are the names of a pool's providers, listed in pages of a size.
func listed(t *testing.T, w *servertest.World, pool string, size int) []string {
	t.Helper()
	var names []string
	request := M{"UserPoolId": pool, "MaxResults": size}
	for {
		out := w.Must(t, "ListIdentityProviders", request)
		page := out["Providers"].([]any)
		if size > 0 && len(page) > size || len(page) > 60 {
			t.Errorf("a page of %d has %d", size, len(page))
		}
		for _, one := range page {
			names = append(names, servertest.Text(one.(M), "ProviderName"))
		}
		if out["NextToken"] == nil {
			return names
		}
		request["NextToken"] = out["NextToken"]
	}
}

func TestListShowsEveryProviderOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		var want []string
		for i := range 61 {
			name := fmt.Sprintf("Corp%02d", i)
			want = append(want, name)
			w.Must(t, "CreateIdentityProvider", servertest.With(of(p, "OIDC"), M{"ProviderName": name}))
		}
		for _, size := range []int{0, 7, 60} {
			if diff := cmp.Diff(want, listed(t, w, p, size)); diff != "" {
				t.Errorf("pages of %d: %s", size, diff)
			}
		}
		first := w.Must(t, "ListIdentityProviders", M{"UserPoolId": p, "MaxResults": 1})
		want1 := []any{M{"ProviderName": "Corp00", "ProviderType": "OIDC", "CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535}}
		if diff := cmp.Diff(want1, first["Providers"]); diff != "" {
			t.Error(diff)
		}
		w.Fails(t, "ListIdentityProviders", M{"UserPoolId": p, "MaxResults": 61}, invalid, "")
		w.Fails(t, "ListIdentityProviders", M{"UserPoolId": p, "NextToken": "garbage"}, invalid, "Invalid pagination token.")
		other := w.Pool(t, nil)
		w.Fails(t, "ListIdentityProviders", M{"UserPoolId": other, "NextToken": first["NextToken"]}, invalid, "Invalid pagination token.")
		if got := listed(t, w, other, 0); len(got) != 0 {
			t.Errorf("another pool has %v", got)
		}
	})
}

func TestAPoolHasOneSigningCertificate(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		certificate := func(pool string) string {
			out, err := w.Call("GetSigningCertificate", M{"UserPoolId": pool})
			if err != nil {
				t.Error(err)
			}
			return servertest.Text(out, "Certificate")
		}
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		got := make([]string, 20)
		var all sync.WaitGroup
		for i := range got {
			all.Go(func() { got[i] = certificate(p) })
		}
		all.Wait()
		for _, one := range append(got, certificate(p)) {
			if one != got[0] {
				t.Fatal("the pool has two certificates")
			}
		}
		if certificate(other) == got[0] {
			t.Error("two pools have one certificate")
		}
		der, err := base64.StdEncoding.DecodeString(got[0])
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if until := w.Now().AddDate(10, 0, 0); !parsed.NotAfter.Equal(until.UTC().Truncate(1e9)) || parsed.NotBefore.After(w.Now()) {
			t.Errorf("valid from %v to %v", parsed.NotBefore, parsed.NotAfter)
		}
		w.Fails(t, "GetSigningCertificate", M{"UserPoolId": "us-east-1_nowhere00"}, "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
	})
}
