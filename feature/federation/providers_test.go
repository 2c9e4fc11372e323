package federation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

type M = servertest.M

const invalid = "InvalidParameterException"

// metadata are of a SAML provider.
var metadata = string(samltest.New("https://idp.example.com").Metadata())

// examples are, for each type, a request for a provider and what is shown beyond what is given.
func examples() map[string]struct {
	name                    string
	details, mapping, shown M
} {
	type one = struct {
		name                    string
		details, mapping, shown M
	}
	manual := M{
		"authorize_url": "https://op.example.com/a", "token_url": "https://op.example.com/t",
		"attributes_url": "https://op.example.com/u", "jwks_uri": "https://op.example.com/k",
	}
	return map[string]one{
		"Google": {
			"Google", M{"client_id": "id", "client_secret": "sesame", "authorize_scopes": "email profile openid"},
			M{"username": "sub"}, M{
				"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
				"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com",
				"token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
			},
		},
		"Facebook": {
			"Facebook", M{"client_id": "id", "client_secret": "sesame", "authorize_scopes": "public_profile, email", "api_version": "v19.0"},
			M{"username": "id"}, M{
				"attributes_url": "https://graph.facebook.com/v19.0/me?fields=", "attributes_url_add_attributes": "true",
				"authorize_url": "https://www.facebook.com/v19.0/dialog/oauth", "token_request_method": "GET",
				"token_url": "https://graph.facebook.com/v19.0/oauth/access_token",
			},
		},
		"LoginWithAmazon": {
			"LoginWithAmazon", M{"client_id": "id", "client_secret": "sesame", "authorize_scopes": "profile postal_code"},
			M{"username": "user_id"}, M{
				"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
				"authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST", "token_url": "https://api.amazon.com/auth/o2/token",
			},
		},
		"SignInWithApple": {
			"SignInWithApple", M{"client_id": "id", "team_id": "team", "key_id": "key", "private_key": "sesame", "authorize_scopes": "email name"},
			M{"username": "sub"}, M{
				"private_key": nil, "attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize",
				"oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
			},
		},
		"OIDC": {
			"Corp", servertest.With(manual, M{
				"client_id": "id", "client_secret": "sesame", "authorize_scopes": "openid", "oidc_issuer": "https://op.example.com",
				"attributes_request_method": "GET",
			}),
			M{"username": "sub"}, M{"attributes_url_add_attributes": "false"},
		},
		"SAML": {
			"ADFS", M{"MetadataFile": metadata, "IDPSignout": "true", "IDPInit": "true", "EncryptedResponses": "true", "RequestSigningAlgorithm": "rsa-sha256"},
			M{}, M{
				"SSORedirectBindingURI": "https://idp.example.com/sso", "SLORedirectBindingURI": "https://idp.example.com/slo",
			},
		},
	}
}

// of is a request for a provider of a type.
func of(pool, kind string) M {
	e := examples()[kind]
	return M{"UserPoolId": pool, "ProviderName": e.name, "ProviderType": kind, "ProviderDetails": e.details}
}

// shown is a described provider without what is different each time.
func shown(t *testing.T, answer M) M {
	t.Helper()
	p := servertest.At(answer, "IdentityProvider").(M)
	details := servertest.At(p, "ProviderDetails").(M)
	if p["ProviderType"] == "SAML" && len(servertest.Text(details, "ActiveEncryptionCertificate")) < 500 {
		t.Errorf("certificate %q", details["ActiveEncryptionCertificate"])
	}
	return servertest.With(p, M{"ProviderDetails": servertest.With(details, M{"ActiveEncryptionCertificate": nil})})
}

func TestProvidersAreMadeShownChangedAndTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		for kind, e := range examples() {
			began := float64(w.Now().UnixMilli()) / 1000
			given := servertest.With(of(p, kind), M{"AttributeMapping": M{"email": "mail"}, "IdpIdentifiers": []any{kind + ".example.com"}})
			created := shown(t, w.Must(t, "CreateIdentityProvider", given))
			want := servertest.With(given, M{
				"ProviderDetails":  servertest.With(e.details, e.shown),
				"AttributeMapping": servertest.With(e.mapping, M{"email": "mail"}), "CreationDate": began, "LastModifiedDate": began,
			})
			if diff := cmp.Diff(want, created); diff != "" {
				t.Errorf("%s: created: %s", kind, diff)
			}
			name := M{"UserPoolId": p, "ProviderName": e.name}
			if diff := cmp.Diff(want, shown(t, w.Must(t, "DescribeIdentityProvider", name))); diff != "" {
				t.Errorf("%s: described: %s", kind, diff)
			}
			byIdentifier := M{"UserPoolId": p, "IdpIdentifier": kind + ".example.com"}
			if diff := cmp.Diff(want, shown(t, w.Must(t, "GetIdentityProviderByIdentifier", byIdentifier))); diff != "" {
				t.Errorf("%s: by identifier: %s", kind, diff)
			}
			w.Fails(t, "CreateIdentityProvider", servertest.With(given, M{"IdpIdentifiers": nil}), "DuplicateProviderException",
				e.name+" already exists in user pool "+p)

			// What is described may be given back, and changes nothing.
			w.Advance(time.Second)
			described := w.Must(t, "DescribeIdentityProvider", name)["IdentityProvider"].(M)
			want["LastModifiedDate"] = began + 1
			again := servertest.With(described, M{"ProviderType": nil, "CreationDate": nil, "LastModifiedDate": nil})
			if diff := cmp.Diff(want, shown(t, w.Must(t, "UpdateIdentityProvider", again))); diff != "" {
				t.Errorf("%s: given back: %s", kind, diff)
			}

			w.Must(t, "DeleteIdentityProvider", name)
			gone := "Identity provider " + e.name + " does not exist."
			for _, operation := range []string{"DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider"} {
				w.Fails(t, operation, name, "ResourceNotFoundException", gone)
			}
			w.Fails(t, "GetIdentityProviderByIdentifier", byIdentifier, "ResourceNotFoundException", "")
			w.Must(t, "CreateIdentityProvider", given)
		}
	})
}

func TestUpdateChangesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		w.Must(t, "CreateIdentityProvider", servertest.With(of(p, "OIDC"), M{
			"AttributeMapping": M{"email": "mail"}, "IdpIdentifiers": []any{"a", "b"}, "AcrMapping": M{"Level1": "low"},
		}))
		name := M{"UserPoolId": p, "ProviderName": "Corp"}
		want := shown(t, w.Must(t, "DescribeIdentityProvider", name))
		details := examples()["OIDC"].details
		for _, step := range []struct {
			name          string
			given, change M
		}{
			{"nothing", M{}, M{}},
			{"the mapping", M{"AttributeMapping": M{"name": "n"}}, M{"AttributeMapping": M{"name": "n", "username": "sub"}}},
			{"an empty mapping", M{"AttributeMapping": M{}}, M{"AttributeMapping": M{"username": "sub"}}},
			{"the identifiers", M{"IdpIdentifiers": []any{"b", "c"}}, M{"IdpIdentifiers": []any{"b", "c"}}},
			{"no identifiers", M{"IdpIdentifiers": []any{}}, M{"IdpIdentifiers": []any{}}},
			{"the levels", M{"AcrMapping": M{"Level4": "high"}}, M{"AcrMapping": M{"Level4": "high"}}},
			{
				"details without the secret", M{"ProviderDetails": servertest.With(details, M{"client_secret": nil, "client_id": "other"})},
				M{"ProviderDetails": servertest.With(details, M{"client_id": "other", "attributes_url_add_attributes": "false"})},
			},
			{
				"another secret", M{"ProviderDetails": servertest.With(details, M{"client_secret": "new"})},
				M{"ProviderDetails": servertest.With(details, M{"client_secret": "new", "attributes_url_add_attributes": "false"})},
			},
			{
				"no secret", M{"ProviderDetails": servertest.With(details, M{"client_secret": ""})},
				M{"ProviderDetails": servertest.With(details, M{"client_secret": nil, "attributes_url_add_attributes": "false"})},
			},
		} {
			w.Advance(time.Second)
			want = servertest.With(want, servertest.With(step.change, M{"LastModifiedDate": float64(w.Now().UnixMilli()) / 1000}))
			if diff := cmp.Diff(want, shown(t, w.Must(t, "UpdateIdentityProvider", servertest.With(name, step.given)))); diff != "" {
				t.Errorf("%s: %s", step.name, diff)
			}
			if diff := cmp.Diff(want, shown(t, w.Must(t, "DescribeIdentityProvider", name))); diff != "" {
				t.Errorf("%s, described: %s", step.name, diff)
			}
		}
		w.Must(t, "CreateIdentityProvider", servertest.With(of(p, "OIDC"), M{"ProviderName": "Other", "IdpIdentifiers": []any{"a", "b", "c"}}))

		// Apple's key stays, too, though it is not shown.
		w.Must(t, "CreateIdentityProvider", of(p, "SignInWithApple"))
		apple := M{"UserPoolId": p, "ProviderName": "SignInWithApple"}
		apple["ProviderDetails"] = servertest.At(w.Must(t, "DescribeIdentityProvider", apple), "IdentityProvider.ProviderDetails")
		w.Must(t, "UpdateIdentityProvider", apple)
	})
}

func TestWrongDetailsAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		const social = "clientId, clientSecret and authorizeScopes are all required idp details."
		const apple = "clientId, privateKey, teamId, and keyId are all required idp details."
		const oidc = "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details."
		for _, c := range []struct {
			kind    string
			details M
			want    string
		}{
			{"Google", M{"client_id": nil}, social},
			{"Facebook", M{"client_secret": nil}, social},
			{"LoginWithAmazon", M{"authorize_scopes": ""}, social},
			{"SignInWithApple", M{"client_id": nil}, apple},
			{"SignInWithApple", M{"private_key": nil}, apple},
			{"SignInWithApple", M{"team_id": nil}, apple},
			{"SignInWithApple", M{"key_id": nil}, apple},
			{"OIDC", M{"client_id": nil}, oidc},
			{"OIDC", M{"authorize_scopes": nil}, oidc},
			{"OIDC", M{"oidc_issuer": nil}, oidc},
			{"OIDC", M{"attributes_request_method": nil}, oidc},
			{"OIDC", M{"attributes_request_method": "PUT"}, "attributesRequestMethod must be GET or POST."},
			{"OIDC", M{"oidc_issuer": "op.example.com"}, "OIDC endpoint must start with https://"},
			{"OIDC", M{"oidc_issuer": "https://op.example.com/"}, "OIDC issuer must not end with a slash, nor have a query."},
			{"OIDC", M{"token_url": "ftp://op.example.com"}, "OIDC endpoint must start with https://"},
			{"OIDC", M{"jwks_uri": "https://user:password@op.example.com"}, "OIDC endpoint must start with https://"},
			{"OIDC", M{"private_key": "sesame"}, "ProviderDetails of type OIDC cannot have private_key."},
			{"Google", M{"clientSecret": "sesame"}, "ProviderDetails of type Google cannot have clientSecret."},
			{"Facebook", M{"api_version": "v1.0/../x"}, "apiVersion must be a version of Facebook's API, such as v17.0."},
			{"SAML", M{"MetadataFile": nil}, "At least one of the MetadataURL or MetadataFile should be provided."},
			{"SAML", M{"MetadataURL": "https://idp.example.com"}, "Only one of the MetadataURL or MetadataFile should be provided."},
			{"SAML", M{"MetadataFile": nil, "MetadataURL": "file:///etc/passwd"}, "MetadataURL is not a valid URL."},
			{"SAML", M{"MetadataFile": "<a/>"}, ""},
			{"SAML", M{"IDPInit": "yes"}, "IDPInit must be true or false."},
			{"SAML", M{"IDPSignout": "1"}, "IDPSignout must be true or false."},
			{"SAML", M{"EncryptedResponses": "1"}, "EncryptedResponses must be true or false."},
			{"SAML", M{"RequestSigningAlgorithm": "rsa-sha1"}, "RequestSigningAlgorithm must be rsa-sha256."},
		} {
			given := of(p, c.kind)
			given["ProviderDetails"] = servertest.With(given["ProviderDetails"].(M), c.details)
			w.Fails(t, "CreateIdentityProvider", given, invalid, c.want)
		}
		if out := w.Must(t, "ListIdentityProviders", M{"UserPoolId": p}); len(out["Providers"].([]any)) != 0 {
			t.Errorf("there are %v", out)
		}
	})
}

func TestWrongMembersAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		w.Must(t, "CreateIdentityProvider", servertest.With(of(p, "OIDC"), M{"ProviderName": "First", "IdpIdentifiers": []any{"taken"}}))
		for _, c := range []struct {
			kind   string
			change M
			want   string
		}{
			{"Google", M{"ProviderName": "Gmail"}, "Provider Gmail cannot be of type Google."},
			{"OIDC", M{"ProviderName": "Google"}, "Provider Google cannot be of type OIDC."},
			{"SAML", M{"ProviderName": "COGNITO"}, "Provider COGNITO cannot be of type SAML."},
			{"SAML", M{"ProviderName": "Cognito"}, "Provider Cognito cannot be of type SAML."},
			{"OIDC", M{"AttributeMapping": M{"username": "email"}}, "Attribute username can only be mapped to sub."},
			{"Facebook", M{"AttributeMapping": M{"username": "sub"}}, "Attribute username can only be mapped to id."},
			{"OIDC", M{"AttributeMapping": M{"custom:none": "x"}}, "Invalid attribute mapping: custom:none: Attribute does not exist in the schema."},
			{"OIDC", M{"AttributeMapping": M{"sub": "x"}}, "Attribute sub cannot be mapped."},
			{"OIDC", M{"AttributeMapping": M{"identities": "x"}}, "Attribute identities cannot be mapped."},
			{"OIDC", M{"AttributeMapping": M{"email": ""}}, "Attribute email cannot be mapped to an empty claim."},
			{"OIDC", M{"AttributeMapping": M{strings.Repeat("a", 33): "x"}}, ""},
			{"OIDC", M{"IdpIdentifiers": []any{"taken"}}, "The identifier taken is already in use by another identity provider."},
			{"OIDC", M{"IdpIdentifiers": []any{"twice", "twice"}}, "IdpIdentifiers has twice more than once."},
			{"Google", M{"AcrMapping": M{"Level1": "low"}}, "AcrMapping is for providers of type OIDC."},
			{"OIDC", M{"AcrMapping": M{"Level1": ""}}, "AcrMapping has no value for Level1."},
			{"OIDC", M{"AcrMapping": M{"Level5": "low"}}, ""},
			{"OIDC", M{"ProviderName": "ab_"}, ""},
		} {
			w.Fails(t, "CreateIdentityProvider", servertest.With(of(p, c.kind), c.change), invalid, c.want)
		}

		w.Must(t, "CreateIdentityProvider", of(p, "OIDC"))
		name := M{"UserPoolId": p, "ProviderName": "Corp"}
		for _, change := range []M{
			{"AttributeMapping": M{"custom:none": "x"}}, {"IdpIdentifiers": []any{"free", "taken"}}, {"IdpIdentifiers": []any{"b", "b"}},
			{"AcrMapping": M{"Level1": ""}}, {"ProviderDetails": M{}},
		} {
			w.Fails(t, "UpdateIdentityProvider", servertest.With(name, change), invalid, "")
		}
		w.Fails(t, "GetIdentityProviderByIdentifier", M{"UserPoolId": p, "IdpIdentifier": "free"}, "ResourceNotFoundException", "")
		for _, operation := range []string{"UpdateIdentityProvider", "DeleteIdentityProvider"} {
			w.Fails(t, operation, M{"UserPoolId": p, "ProviderName": "COGNITO"}, "UnsupportedIdentityProviderException", "")
		}
		other := w.Pool(t, nil)
		w.Must(t, "CreateIdentityProvider", servertest.With(of(other, "OIDC"), M{"IdpIdentifiers": []any{"taken"}}))
		for _, operation := range []string{"DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider"} {
			w.Fails(t, operation, M{"UserPoolId": other, "ProviderName": "First"}, "ResourceNotFoundException", "")
			w.Fails(t, operation, M{"UserPoolId": "us-east-1_nowhere00", "ProviderName": "First"}, "ResourceNotFoundException",
				"User pool us-east-1_nowhere00 does not exist.")
		}
	})
}
