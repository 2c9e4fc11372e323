package appclient_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestClientsOfferProvidersOfTheirPool(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		google := M{
			"UserPoolId": p, "ProviderName": "Google", "ProviderType": "Google",
			"ProviderDetails": M{"client_id": "id", "client_secret": "secret", "authorize_scopes": "openid"},
		}
		w.Must(t, "CreateIdentityProvider", google)
		both := M{"SupportedIdentityProviders": []any{"COGNITO", "Google"}}
		made := create(t, w, p, both)
		if diff := cmp.Diff(both["SupportedIdentityProviders"], made["SupportedIdentityProviders"]); diff != "" {
			t.Error(diff)
		}
		of := M{"UserPoolId": p, "ClientId": made["ClientId"]}
		only := M{"SupportedIdentityProviders": []any{"Google"}}
		w.Must(t, "UpdateUserPoolClient", servertest.With(of, only))
		w.Fails(t, "UpdateUserPoolClient", servertest.With(of, M{"SupportedIdentityProviders": []any{"google"}}), "InvalidParameterException", "The provider google does not exist for User Pool "+p+".")
		w.Fails(t, "CreateUserPoolClient", servertest.With(both, M{"UserPoolId": other, "ClientName": "web"}), "InvalidParameterException", "The provider Google does not exist for User Pool "+other+".")

		// A provider may be deleted while clients name it; naming it anew is refused.
		w.Must(t, "DeleteIdentityProvider", M{"UserPoolId": p, "ProviderName": "Google"})
		if diff := cmp.Diff(only["SupportedIdentityProviders"], describe(t, w, p, made["ClientId"])["SupportedIdentityProviders"]); diff != "" {
			t.Error(diff)
		}
		w.Fails(t, "UpdateUserPoolClient", servertest.With(of, only), "InvalidParameterException", "The provider Google does not exist for User Pool "+p+".")
	})
}
