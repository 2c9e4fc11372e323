package iam_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

// metadata are those of a provider, valid until a moment if one is given.
func metadata(until string) string {
	text := string(samltest.New("https://idp.example").Metadata())
	if until != "" {
		text = strings.Replace(text, " entityID=", ` validUntil="`+until+`" entityID=`, 1)
	}
	return text + "<!--" + strings.Repeat("x", 1000) + "-->"
}

func TestSAMLProviderIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		arn := account + "saml-provider/Corp.IdP"
		which := M{"SAMLProviderArn": arn}
		first := metadata("")
		out := w.Must(t, "CreateSAMLProvider", M{"Name": "Corp.IdP", "SAMLMetadataDocument": first, "Tags": tags("k", "")})
		equal(t, "created", M{"SAMLProviderArn": arn, "Tags": read("k", "")}, out)
		w.Fails(t, "CreateSAMLProvider", M{"Name": "Corp.IdP", "SAMLMetadataDocument": first}, "EntityAlreadyExists",
			"Provider with name Corp.IdP already exists.")

		got := w.Must(t, "GetSAMLProvider", which)
		if !regexp.MustCompile(`^[A-Z0-9]{22,64}$`).MatchString(text(got, "SAMLProviderUUID")) {
			t.Errorf("UUID %q", text(got, "SAMLProviderUUID"))
		}
		want := M{
			"SAMLProviderUUID": got["SAMLProviderUUID"], "SAMLMetadataDocument": first, "CreateDate": created,
			"ValidUntil": "2126-03-14T15:09:26.535Z", "Tags": read("k", ""), "AssertionEncryptionMode": "Allowed", "PrivateKeyList": "",
		}
		equal(t, "got", want, got)

		second := metadata("2026-05-01T00:00:00Z")
		equal(t, "updated", which, w.Must(t, "UpdateSAMLProvider", with(which, M{"SAMLMetadataDocument": second})))
		w.Must(t, "UpdateSAMLProvider", with(which, M{"AssertionEncryptionMode": "Allowed"}))
		want = with(want, M{"SAMLMetadataDocument": second, "ValidUntil": "2026-05-01T00:00:00.000Z"})
		equal(t, "got", want, w.Must(t, "GetSAMLProvider", which))
		equal(t, "listed", M{"SAMLProviderList": []any{M{"Arn": arn, "ValidUntil": "2026-05-01T00:00:00.000Z", "CreateDate": created}}},
			w.Must(t, "ListSAMLProviders", nil))

		w.Must(t, "DeleteSAMLProvider", which)
		for operation, in := range map[string]M{
			"GetSAMLProvider": nil, "DeleteSAMLProvider": nil, "UpdateSAMLProvider": {"SAMLMetadataDocument": first},
			"ListSAMLProviderTags": nil, "TagSAMLProvider": {"Tags": tags("a", "b")}, "UntagSAMLProvider": {"TagKeys": []string{"a"}},
		} {
			w.Fails(t, operation, with(which, in), "NoSuchEntity", "Manifest not found for arn "+arn)
		}
	})
}

func TestSAMLMetadataAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		good := metadata("2026-05-01T00:00:00Z")
		which := M{"SAMLProviderArn": w.Must(t, "CreateSAMLProvider", M{"Name": "good", "SAMLMetadataDocument": good})["SAMLProviderArn"]}
		before := w.Must(t, "GetSAMLProvider", which)
		for name, document := range map[string]string{
			"no XML":                strings.Repeat("x", 1000),
			"a service":             strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"),
			"expired":               metadata("2026-03-14T15:09:26Z"),
			"with an entity":        `<!DOCTYPE a [<!ENTITY b "c">]>` + good,
			"without a certificate": regexp.MustCompile(`(?s)<[^<>]*KeyDescriptor.*KeyDescriptor>`).ReplaceAllString(good, ""),
		} {
			if _, err := w.Call("CreateSAMLProvider", M{"Name": "bad", "SAMLMetadataDocument": document}); err == nil ||
				!strings.HasPrefix(err.Error(), "InvalidInput: Could not parse metadata: ") {
				t.Errorf("%s: got %v", name, err)
			}
			w.Fails(t, "UpdateSAMLProvider", with(which, M{"SAMLMetadataDocument": document}), "InvalidInput", "")
		}
		w.Fails(t, "CreateSAMLProvider", M{"Name": "bad", "SAMLMetadataDocument": "<x/>"}, "ValidationError", "")
		w.Fails(t, "CreateSAMLProvider", M{"Name": "a b", "SAMLMetadataDocument": good}, "ValidationError", "")
		equal(t, "unchanged", before, w.Must(t, "GetSAMLProvider", which))

		w.Advance(60 * 24 * time.Hour)
		w.Fails(t, "CreateSAMLProvider", M{"Name": "late", "SAMLMetadataDocument": good}, "InvalidInput", "")
	})
}

// A provider with a private key would have to be understood when it encrypts assertions, so none is accepted.
func TestEncryptedAssertionsAreNotPromised(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		which := w.Must(t, "CreateSAMLProvider", M{"Name": "s", "SAMLMetadataDocument": metadata(""), "AssertionEncryptionMode": "Allowed"})
		for _, in := range []M{{"AssertionEncryptionMode": "Required"}, {"AddPrivateKey": "key"}} {
			w.Fails(t, "CreateSAMLProvider", with(M{"Name": "t", "SAMLMetadataDocument": metadata("")}, in), "InvalidInput", "")
			w.Fails(t, "UpdateSAMLProvider", with(which, in), "InvalidInput", "")
		}
		w.Fails(t, "UpdateSAMLProvider", with(which, M{"RemovePrivateKey": "ABCDEFGHIJKLMNOPQRSTUV"}), "InvalidInput", "")
		w.Fails(t, "UpdateSAMLProvider", with(which, M{"AssertionEncryptionMode": "Never"}), "ValidationError", "")
	})
}

// The operations of one kind of provider do not find those of the other.
func TestKindsOfProvidersAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		saml := w.Must(t, "CreateSAMLProvider", M{"Name": "s", "SAMLMetadataDocument": metadata("")})["SAMLProviderArn"]
		oidc := w.Must(t, "CreateOpenIDConnectProvider", M{"Url": "https://a.example"})["OpenIDConnectProviderArn"]
		for operation, in := range map[string]M{
			"GetSAMLProvider": {"SAMLProviderArn": oidc}, "DeleteSAMLProvider": {"SAMLProviderArn": oidc},
			"TagSAMLProvider":                    {"SAMLProviderArn": oidc, "Tags": tags("a", "b")},
			"GetOpenIDConnectProvider":           {"OpenIDConnectProviderArn": saml},
			"DeleteOpenIDConnectProvider":        {"OpenIDConnectProviderArn": saml},
			"AddClientIDToOpenIDConnectProvider": {"OpenIDConnectProviderArn": saml, "ClientID": "x"},
		} {
			w.Fails(t, operation, in, "NoSuchEntity", "")
		}
	})
}
