package domains_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/feature/domains"
	"cardea/server"
	"cardea/server/servertest"
)

type M = servertest.M

const (
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

	taken       = "Domain already associated with another user pool."
	unknown     = "No such domain or user pool exists."
	wrongSyntax = `The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`
)

// described is what DescribeUserPoolDomain shows of a domain.
func described(t *testing.T, w *servertest.World, name string) any {
	t.Helper()
	return w.Must(t, "DescribeUserPoolDomain", M{"Domain": name})["DomainDescription"]
}

// ofPool are the domains that DescribeUserPool shows.
func ofPool(t *testing.T, w *servertest.World, pool string) string {
	t.Helper()
	out := w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})
	return servertest.Text(out, "UserPool.Domain") + "|" + servertest.Text(out, "UserPool.CustomDomain")
}

// onHost answers a GET for a page of a host.
func onHost(w *servertest.World, host string) *http.Response {
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://"+host+"/x", nil))
	return answer.Result()
}

// isSite tells whether a host is a pool's: its answers have the headers of pages.
func isSite(w *servertest.World, host string) bool {
	return onHost(w, host).Header.Get("X-Frame-Options") == "DENY"
}

func TestAPrefixIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		of := M{"UserPoolId": p, "Domain": "shop"}
		if diff := cmp.Diff(M{}, described(t, w, "shop")); diff != "" {
			t.Errorf("before: %s", diff)
		}
		if diff := cmp.Diff(M{"ManagedLoginVersion": 1.0}, w.Must(t, "CreateUserPoolDomain", of)); diff != "" {
			t.Errorf("created: %s", diff)
		}
		want := M{
			"UserPoolId": p, "AWSAccountId": servertest.Account, "Domain": "shop", "Status": "ACTIVE", "ManagedLoginVersion": 1.0,
			"Version": "20260314150926", "CloudFrontDistribution": "localhost",
		}
		if diff := cmp.Diff(want, described(t, w, "shop")); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		if got := ofPool(t, w, p); got != "shop|" {
			t.Errorf("the pool shows %s", got)
		}

		w.Advance(time.Minute)
		routing := M{"Failover": M{"SecondaryRegion": "eu-west-1", "PrimaryRoute53HealthCheckId": "check"}}
		w.Must(t, "UpdateUserPoolDomain", servertest.With(of, M{"ManagedLoginVersion": 2, "Routing": routing}))
		want = servertest.With(want, M{"ManagedLoginVersion": 2.0, "Version": "20260314151026", "Routing": routing})
		if diff := cmp.Diff(want, described(t, w, "shop")); diff != "" {
			t.Errorf("changed: want (-), got (+):\n%s", diff)
		}
		if got, _ := w.Must(t, "UpdateUserPoolDomain", of)["ManagedLoginVersion"].(float64); got != 2 {
			t.Errorf("an update that omits the version leaves %v", got)
		}

		w.Fails(t, "DeleteUserPool", M{"UserPoolId": p}, "InvalidParameterException",
			"User pool cannot be deleted. It has a domain configured that should be deleted first.")
		if diff := cmp.Diff(M{}, w.Must(t, "DeleteUserPoolDomain", of)); diff != "" {
			t.Errorf("deleted: %s", diff)
		}
		if diff := cmp.Diff(M{}, described(t, w, "shop")); diff != "" {
			t.Errorf("after: %s", diff)
		}
		w.Fails(t, "DeleteUserPoolDomain", of, "InvalidParameterException", unknown)
		w.Fails(t, "UpdateUserPoolDomain", of, "InvalidParameterException", unknown)
		w.Must(t, "DeleteUserPool", M{"UserPoolId": p})
	})
}

func TestACustomDomainIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		of := M{"UserPoolId": p, "Domain": "login.shop.example"}
		config := M{"CertificateArn": certificate}
		out := w.Must(t, "CreateUserPoolDomain", servertest.With(of, M{"CustomDomainConfig": config, "ManagedLoginVersion": 2}))
		if diff := cmp.Diff(M{"ManagedLoginVersion": 2.0, "CloudFrontDomain": "localhost"}, out); diff != "" {
			t.Errorf("created: %s", diff)
		}
		next := M{"CertificateArn": certificate + "6", "SecurityPolicy": "TLS_V1_3_2025"}
		w.Must(t, "UpdateUserPoolDomain", servertest.With(of, M{"CustomDomainConfig": next}))
		want := M{
			"UserPoolId": p, "AWSAccountId": servertest.Account, "Domain": "login.shop.example", "Status": "ACTIVE", "ManagedLoginVersion": 2.0,
			"Version": "20260314150926", "CloudFrontDistribution": "localhost", "CustomDomainConfig": next,
		}
		if diff := cmp.Diff(want, described(t, w, "login.shop.example")); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop"})
		if got := ofPool(t, w, p); got != "shop|login.shop.example" {
			t.Errorf("the pool shows %s", got)
		}
		w.Must(t, "DeleteUserPoolDomain", of)
		if got := ofPool(t, w, p); got != "shop|" {
			t.Errorf("after deletion the pool shows %s", got)
		}
	})
}

func TestDomainsAreUnique(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		far := w.In("eu-west-1")
		there := far.Pool(t, nil)
		custom := M{"Domain": "login.shop.example", "CustomDomainConfig": M{"CertificateArn": certificate}}
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop"})
		w.Must(t, "CreateUserPoolDomain", servertest.With(custom, M{"UserPoolId": p}))

		w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": other, "Domain": "shop"}, "InvalidParameterException", taken)
		w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "other"}, "InvalidParameterException", "User pool already has a domain configured.")
		w.Fails(t, "CreateUserPoolDomain", servertest.With(custom, M{"UserPoolId": p, "Domain": "b.shop.example"}), "InvalidParameterException", "User pool already has a domain configured.")
		far.Fails(t, "CreateUserPoolDomain", servertest.With(custom, M{"UserPoolId": there}), "InvalidParameterException", taken)
		far.Must(t, "CreateUserPoolDomain", M{"UserPoolId": there, "Domain": "shop"})

		// A Region sees its own pools' domains only, and a pool changes its own only.
		if got := servertest.Text(far.Must(t, "DescribeUserPoolDomain", M{"Domain": "shop"}), "DomainDescription.UserPoolId"); got != there {
			t.Errorf("in the other Region the prefix is %q's", got)
		}
		if diff := cmp.Diff(M{}, described(t, far, "login.shop.example")); diff != "" {
			t.Errorf("the custom domain of another Region: %s", diff)
		}
		for _, operation := range []string{"UpdateUserPoolDomain", "DeleteUserPoolDomain"} {
			for _, name := range []string{"shop", "login.shop.example"} {
				w.Fails(t, operation, M{"UserPoolId": other, "Domain": name}, "InvalidParameterException", unknown)
			}
			w.Fails(t, operation, M{"UserPoolId": "us-east-1_nowhere00", "Domain": "shop"}, "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
		}
		w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": "us-east-1_nowhere00", "Domain": "z"}, "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
	})
}

func TestOneOfManyPoolsGetsAName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const many = 20
		pools := make([]string, many)
		for i := range pools {
			pools[i] = w.Pool(t, nil)
		}
		failed := make([]error, many)
		var wait sync.WaitGroup
		for i, p := range pools {
			wait.Go(func() { _, failed[i] = w.Call("CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop"}) })
		}
		wait.Wait()
		owners := 0
		for i, p := range pools {
			shows := ofPool(t, w, p) == "shop|"
			if shows != (failed[i] == nil) {
				t.Errorf("pool %d shows the domain: %v; it was told %v", i, shows, failed[i])
			}
			if shows {
				owners++
			}
			if failed[i] != nil && !strings.Contains(failed[i].Error(), taken) {
				t.Errorf("pool %d: %v", i, failed[i])
			}
		}
		if owners != 1 {
			t.Errorf("%d pools have the domain", owners)
		}
	})
}

func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		for name, want := range map[string]string{
			"Shop": wrongSyntax, "-shop": wrongSyntax, "shop-": wrongSyntax, "sh_op": wrongSyntax, "login.shop.example": wrongSyntax, "shöp": wrongSyntax,
			"aws": "Domain cannot contain reserved word: aws", "my-aws-x": "Domain cannot contain reserved word: aws",
			"amazon-x": "Domain cannot contain reserved word: amazon", "x-cognito": "Domain cannot contain reserved word: cognito",
		} {
			w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": name}, "InvalidParameterException", want)
		}
		config := M{"CertificateArn": certificate}
		for _, name := range []string{
			"shop", "shop.example", "example.co.uk", "login..example", "Login.shop.example", "-a.shop.example", "10.0.0.1", "localhost", "a.b_c.example",
			"other.auth.us-east-1.localhost", "login.shop.example.",
		} {
			w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": name, "CustomDomainConfig": config}, "InvalidParameterException", "Custom domain is not a valid subdomain")
		}
		for _, arn := range []string{strings.Replace(certificate, "us-east-1", "eu-west-1", 1), strings.Replace(certificate, "acm", "iam", 1)} {
			w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "login.shop.example", "CustomDomainConfig": M{"CertificateArn": arn}}, "InvalidParameterException",
				"The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.")
		}
		w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop", "ManagedLoginVersion": 3}, "InvalidParameterException", "")
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "my-awsome-shop"})
		w.Fails(t, "UpdateUserPoolDomain", M{"UserPoolId": p, "Domain": "my-awsome-shop", "ManagedLoginVersion": 0}, "InvalidParameterException", "")
		w.Fails(t, "UpdateUserPoolDomain", M{"UserPoolId": p, "Domain": "my-awsome-shop", "CustomDomainConfig": config}, "InvalidParameterException", "")
	})
}

func TestTheServersOwnHostsCannotBeTaken(t *testing.T) {
	t.Parallel()
	production := func(c *server.Config) {
		c.PublicURL, c.BaseDomain, c.IssuerBase = "https://api.example.com", "example.com", "https://cognito-idp.{region}.amazonaws.com"
	}
	servertest.EachWith(t, production, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		config := M{"CertificateArn": certificate}
		for _, name := range []string{"api.example.com", "shop.auth.us-east-1.example.com", "cognito-idp.eu-west-1.amazonaws.com"} {
			w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": name, "CustomDomainConfig": config}, "InvalidParameterException", "Custom domain is not a valid subdomain")
		}
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "login.example.com", "CustomDomainConfig": config})
	})
}

func TestADomainIsServedWhileItExists(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		hosts := map[string]string{"shop": "shop.auth.us-east-1.localhost:9229", "login.shop.example": "login.shop.example"}
		for name, host := range hosts {
			if isSite(w, host) {
				t.Errorf("%s is served before it exists", host)
			}
			of := M{"UserPoolId": p, "Domain": name}
			if strings.Contains(name, ".") {
				of["CustomDomainConfig"] = M{"CertificateArn": certificate}
			}
			w.Must(t, "CreateUserPoolDomain", of)
			if !isSite(w, host) {
				t.Errorf("%s is not served", host)
			}
			w.Must(t, "DeleteUserPoolDomain", M{"UserPoolId": p, "Domain": name})
			if isSite(w, host) {
				t.Errorf("%s is served after it is deleted", host)
			}
		}
	})
}

func TestServersWithoutABaseDomainHaveNoPrefixes(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		w.Server.API.Domains.(*domains.Service).Sites.Names.BaseDomain = "" // a development server always has one
		w.Fails(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop"}, "InvalidParameterException",
			"This server has no base domain for prefixes: its setting base_domain is empty.")
	})
}
