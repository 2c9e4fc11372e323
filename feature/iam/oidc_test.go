package iam_test

import (
	"strings"
	"testing"

	"cardea/server/servertest"
)

func TestOIDCProviderIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		arn := account + "oidc-provider/idp.example/realms/x"
		which := M{"OpenIDConnectProviderArn": arn}
		w.Fails(t, "GetOpenIDConnectProvider", which, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn)
		create := M{"Url": "https://idp.example/realms/x", "ClientIDList": []string{"one", "two", "one"}, "Tags": tags("k", "v", "K", "")}
		equal(t, "created", M{"OpenIDConnectProviderArn": arn, "Tags": read("K", "", "k", "v")}, w.Must(t, "CreateOpenIDConnectProvider", create))
		want := M{
			"Url": "idp.example/realms/x", "ClientIDList": []any{"one", "two"}, "ThumbprintList": "", "CreateDate": created,
			"Tags": read("K", "", "k", "v"),
		}
		equal(t, "got", want, w.Must(t, "GetOpenIDConnectProvider", which))
		w.Fails(t, "CreateOpenIDConnectProvider", create, "EntityAlreadyExists", "Provider with url https://idp.example/realms/x already exists.")

		w.Must(t, "AddClientIDToOpenIDConnectProvider", with(which, M{"ClientID": "three"}))
		w.Must(t, "AddClientIDToOpenIDConnectProvider", with(which, M{"ClientID": "three"}))
		w.Must(t, "RemoveClientIDFromOpenIDConnectProvider", with(which, M{"ClientID": "one"}))
		w.Must(t, "RemoveClientIDFromOpenIDConnectProvider", with(which, M{"ClientID": "one"}))
		print := strings.Repeat("a", 40)
		w.Must(t, "UpdateOpenIDConnectProviderThumbprint", with(which, M{"ThumbprintList": []string{print}}))
		want = with(want, M{"ClientIDList": []any{"two", "three"}, "ThumbprintList": []any{print}})
		equal(t, "changed", want, w.Must(t, "GetOpenIDConnectProvider", which))

		w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example"})
		equal(t, "listed", M{"OpenIDConnectProviderList": []any{M{"Arn": account + "oidc-provider/a.example"}, M{"Arn": arn}}},
			w.Must(t, "ListOpenIDConnectProviders", nil))
		w.Must(t, "DeleteOpenIDConnectProvider", which)
		w.Fails(t, "DeleteOpenIDConnectProvider", which, "NoSuchEntity", "OpenId connect Provider "+arn+" cannot be found.")
		for operation, in := range map[string]M{
			"GetOpenIDConnectProvider": nil, "ListOpenIDConnectProviderTags": nil,
			"AddClientIDToOpenIDConnectProvider":      {"ClientID": "x"},
			"RemoveClientIDFromOpenIDConnectProvider": {"ClientID": "x"},
			"UpdateOpenIDConnectProviderThumbprint":   {"ThumbprintList": []string{print}},
			"TagOpenIDConnectProvider":                {"Tags": tags("a", "b")},
			"UntagOpenIDConnectProvider":              {"TagKeys": []string{"a"}},
		} {
			w.Fails(t, operation, with(which, in), "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn)
		}
	})
}

func TestAddressesOfOIDCProviders(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		for _, address := range []string{
			"example.org", "idp.example/x", "ftp://idp.example", "https://", "https:///x", "https://idp.example?x", "https://idp.example/x?y=z",
			"https://idp.example/#x", "https://idp.example/#", "https://ann@idp.example", "https://idp.example/a b", "https://idp.example/*",
			"https:idp.example", "https://idp.example:x",
		} {
			w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": address}, "ValidationError", "Invalid Open ID Connect Provider URL")
		}
		for address, want := range map[string]string{
			"https://tenant.auth0.example/":                                   "tenant.auth0.example/",
			"https://idp.example:8443/realms/x":                               "idp.example:8443/realms/x",
			"https://oidc.eks.eu-west-1.example/id/AB12":                      "oidc.eks.eu-west-1.example/id/AB12",
			"http://localhost:9229/us-east-1_AbC123xyz":                       "localhost:9229/us-east-1_AbC123xyz",
			"HTTPS://upper.example":                                           "upper.example",
			"https://login.example/7f/v2.0":                                   "login.example/7f/v2.0",
			"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz",
		} {
			out := w.Must(t, "CreateOpenIDConnectProvider", M{"Url": address})
			if got := text(out, "OpenIDConnectProviderArn"); got != account+"oidc-provider/"+want {
				t.Errorf("%s became %s", address, got)
			}
		}
	})
}

// Keys that came by plain HTTP could be anyone's.
func TestProductionWantsHTTPSOfOIDCProviders(t *testing.T) {
	t.Parallel()
	signed(t, func(t *testing.T, w *servertest.World) {
		w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": "http://idp.example"}, "ValidationError", "Invalid Open ID Connect Provider URL")
		w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://idp.example"})
	})
}

func TestOIDCProvidersHaveQuotas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		print := strings.Repeat("a", 40)
		prints := []string{print, print, print, print, print, print}
		w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example", "ThumbprintList": prints}, "InvalidInput",
			"Thumbprint list must contain fewer than 5 entries.")
		w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example", "ClientIDList": numbered("c%d", 101)}, "LimitExceeded",
			"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
		arn := w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example", "ClientIDList": numbered("c%d", 100), "ThumbprintList": prints[:5]})
		which := M{"OpenIDConnectProviderArn": arn["OpenIDConnectProviderArn"]}
		w.Must(t, "AddClientIDToOpenIDConnectProvider", with(which, M{"ClientID": "c7"}))
		w.Fails(t, "AddClientIDToOpenIDConnectProvider", with(which, M{"ClientID": "x"}), "LimitExceeded",
			"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
		w.Fails(t, "UpdateOpenIDConnectProviderThumbprint", with(which, M{"ThumbprintList": prints}), "InvalidInput", "")
		for _, host := range numbered("%d", 99) {
			w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://idp" + host + ".example"})
		}
		w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": "https://b.example"}, "LimitExceeded",
			"Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
		w.Fails(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example"}, "EntityAlreadyExists", "")
	})
}

func TestProvidersHaveTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		oidc := w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example"})
		saml := w.Must(t, "CreateSAMLProvider", M{"Name": "s", "SAMLMetadataDocument": metadata("")})
		for kind, which := range map[string]M{
			"OpenIDConnectProvider": {"OpenIDConnectProviderArn": oidc["OpenIDConnectProviderArn"]},
			"SAMLProvider":          {"SAMLProviderArn": saml["SAMLProviderArn"]},
		} {
			list := "List" + kind + "Tags"
			equal(t, "none", M{"IsTruncated": "false", "Tags": ""}, w.Must(t, list, which))
			w.Must(t, "Tag"+kind, with(which, M{"Tags": tags("b", "1", "A", "2", "c", "3")}))
			w.Must(t, "Tag"+kind, with(which, M{"Tags": tags("B", "", "c", "4")}))
			equal(t, "keys", []string{"A", "B", "b", "c"}, pages(t, w, list, which, "Tags", "Key"))
			w.Must(t, "Untag"+kind, with(which, M{"TagKeys": []string{"a", "b"}}))
			equal(t, "left", read("A", "2", "B", "", "c", "4"), w.Must(t, "Get"+kind, which)["Tags"].([]any))
			marker := w.Must(t, list, with(which, M{"MaxItems": 1}))["Marker"]
			w.Fails(t, "ListUsers", M{"Marker": marker}, "ValidationError", "Invalid Marker.")
		}
	})
}
