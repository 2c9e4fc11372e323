package federation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// withProviders makes a pool of one user, alice, with one provider of each kind that links differ by.
func withProviders(t *testing.T, w *servertest.World, overrides M) string {
	t.Helper()
	pool := w.Pool(t, servertest.With(M{"UsernameConfiguration": M{"CaseSensitive": false}}, overrides))
	for name, kind := range map[string]string{"Google": "Google", "corp": "OIDC", "saml": "SAML"} {
		p := &provider.Provider{Pool: id.Pool(pool), Name: name, Doc: cognitoidp.IdentityProviderType{
			ProviderType:     kind,
			AttributeMapping: map[string]string{"email": "mail", "email_verified": "verified", "username": "sub", "custom:gone": "x"},
		}}
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return provider.Insert(tx, p) }); err != nil {
			t.Fatal(err)
		}
	}
	w.User(t, pool, "alice")
	return pool
}

// who names somebody at a provider, or with "Cognito" a user.
func who(provider, attribute, value string) M {
	return M{"ProviderName": provider, "ProviderAttributeName": attribute, "ProviderAttributeValue": value}
}

func subject(provider, value string) M { return who(provider, "Cognito_Subject", value) }

func linking(pool string, destination, source M) M {
	return M{"UserPoolId": pool, "DestinationUser": destination, "SourceUser": source}
}

func disabling(pool string, user M) M { return M{"UserPoolId": pool, "User": user} }

// identities gives what a user's attribute says, without dates.
func identities(t *testing.T, w *servertest.World, pool, username string) []string {
	t.Helper()
	out := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": username})
	for _, one := range out["UserAttributes"].([]any) {
		if one.(M)["Name"] != "identities" {
			continue
		}
		var list []identity.Shown
		if err := json.Unmarshal([]byte(servertest.Text(one.(M), "Value")), &list); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, i := range list {
			said = append(said, fmt.Sprint(i.ProviderName, " ", i.ProviderType, " ", i.UserID, " ", i.Primary))
		}
		return said
	}
	return nil
}

func wantIdentities(t *testing.T, w *servertest.World, pool, username string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, identities(t, w, pool, username)); diff != "" {
		t.Errorf("identities of %s (-want +got):\n%s", username, diff)
	}
}

// arrive does what the first sign-in with an identity does to the database that is not linked: it makes a user.
func arrive(t *testing.T, w *servertest.World, pool, provider, subject string) {
	t.Helper()
	username := provider + "_" + subject
	w.Must(t, "AdminCreateUser", M{"UserPoolId": pool, "Username": username, "MessageAction": "SUPPRESS"})
	w.Must(t, "AdminDisableProviderForUser", disabling(pool, who("Cognito", "Cognito_Subject", username)))
	identify(t, w, pool, username, provider, subject)
}

func TestAnAdministratorLinksIdentities(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		sub := servertest.Text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "alice"}), "UserAttributes.0.Value")
		for n, c := range []struct{ destination, source M }{
			{who("Cognito", "", "alice"), subject("Google", "1")},
			{who("Cognito", "ignored", sub), subject("saml", "ALICE@corp")},
			{who("Cognito", "Cognito_Subject", "alice"), who("corp", "email", "Alice@Corp.example")},
		} {
			if out := w.Must(t, "AdminLinkProviderForUser", linking(pool, c.destination, c.source)); len(out) != 0 {
				t.Errorf("case %d answered %v", n, out)
			}
		}
		want := []string{"Google Google 1 false", "saml SAML ALICE@corp false", "corp OIDC alice@corp.example false"}
		got := identities(t, w, pool, "alice")
		for _, one := range want {
			if !strings.Contains(strings.Join(got, "\n"), one) || len(got) != len(want) {
				t.Errorf("%s is not among %v", one, got)
			}
		}

		w.Must(t, "AdminDisableProviderForUser", disabling(pool, who("corp", "email", "ALICE@corp.example")))
		w.Must(t, "AdminDisableProviderForUser", disabling(pool, subject("Google", "1")))
		wantIdentities(t, w, pool, "alice", "saml SAML ALICE@corp false")
		w.Must(t, "AdminDisableProviderForUser", disabling(pool, subject("saml", "ALICE@corp")))
		wantIdentities(t, w, pool, "alice")
		w.Must(t, "AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("Google", "1")))
	})
}

func TestAFederatedUserMayBeLinkedToo(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		arrive(t, w, pool, "Google", "1")
		w.Must(t, "AdminLinkProviderForUser", linking(pool, who("Google", "", "1"), subject("corp", "2")))
		w.Must(t, "AdminLinkProviderForUser", linking(pool, subject("corp", "2"), subject("saml", "3")))
		wantIdentities(t, w, pool, "Google_1", "Google Google 1 true", "corp OIDC 2 false", "saml SAML 3 false")
	})
}

func TestLinksAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, M{"Schema": []M{{"Name": "fixed", "AttributeDataType": "String", "Mutable": false}}})
		w.User(t, pool, "fixed", "custom:fixed", "x")
		w.User(t, pool, "bob", "email", "bob@corp.example")
		arrive(t, w, pool, "Google", "9")
		identify(t, w, pool, "bob", "corp", "8")
		alice := who("Cognito", "", "alice")
		w.Must(t, "AdminLinkProviderForUser", linking(pool, alice, subject("Google", "1")))

		const invalid = "InvalidParameterException"
		const merging = "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"
		const mapped = "Invalid SourceUser: ProviderAttributeName must be Cognito_Subject or an attribute that the identity provider's attribute mapping has"
		for _, c := range []struct {
			destination, source M
			code, message       string
		}{
			{alice, subject("none", "1"), "ResourceNotFoundException", "Identity provider none does not exist."},
			{alice, subject("Cognito", "bob"), invalid, "Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser"},
			{alice, subject("Google", "9"), invalid, merging},
			{alice, subject("Google", "1"), invalid, "SourceUser is already linked to DestinationUser"},
			{who("Cognito", "", "bob"), subject("Google", "1"), "AliasExistsException", "SourceUser is already linked to another user"},
			{alice, who("Google", "email", "a@b.example"), invalid, "Invalid SourceUser: ProviderAttributeName must be Cognito_Subject for Google"},
			{alice, who("corp", "name", "Alice"), invalid, mapped},
			{alice, who("saml", "email_verified", "true"), invalid, mapped},
			{alice, who("saml", "username", "1"), invalid, mapped},
			{alice, who("saml", "custom:gone", "1"), invalid, mapped},
			{alice, who("corp", "email", "BOB@corp.example"), "InvalidParameterException", merging},
			{alice, subject("corp", strings.Repeat("x", 1025)), invalid, "Invalid ProviderAttributeValue."},
			{alice, subject("corp", ""), invalid, "Invalid SourceUser: ProviderName, ProviderAttributeName and ProviderAttributeValue are required"},
			{alice, who("corp", "", "1"), invalid, "Invalid SourceUser: ProviderName, ProviderAttributeName and ProviderAttributeValue are required"},
			{who("Cognito", "", ""), subject("corp", "1"), invalid, "Invalid DestinationUser: ProviderName and ProviderAttributeValue are required"},
			{who("Cognito", "", "nobody"), subject("corp", "1"), "UserNotFoundException", "User does not exist."},
			{who("Google", "", "nobody"), subject("corp", "1"), "UserNotFoundException", "User does not exist."},
			{who("Cognito", "", "fixed"), subject("corp", "1"), invalid, "Invalid DestinationUser: the attribute custom:fixed of the user is immutable"},
		} {
			w.Fails(t, "AdminLinkProviderForUser", linking(pool, c.destination, c.source), c.code, c.message)
		}
		w.Fails(t, "AdminLinkProviderForUser", linking("us-east-1_000000000", alice, subject("corp", "1")), "ResourceNotFoundException", "")

		for n := range 4 {
			w.Must(t, "AdminLinkProviderForUser", linking(pool, alice, subject("corp", fmt.Sprint("n", n))))
		}
		w.Fails(t, "AdminLinkProviderForUser", linking(pool, alice, subject("corp", "more")),
			"LimitExceededException", "A user can have at most 5 linked identities.")
		if n := len(identities(t, w, pool, "alice")); n != 5 {
			t.Errorf("%d identities", n)
		}
	})
}

func TestUnlinkingIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		w.Must(t, "AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("corp", "1")))
		const invalid = "InvalidParameterException"
		for _, c := range []struct {
			user          M
			code, message string
		}{
			{subject("corp", "2"), "UserNotFoundException", "User does not exist."},
			{subject("saml", "1"), "UserNotFoundException", "User does not exist."},
			{who("corp", "email", "1"), "UserNotFoundException", "User does not exist."},
			{subject("Cognito", "nobody"), "UserNotFoundException", "User does not exist."},
			{who("Cognito", "email", "alice"), invalid, "Invalid User: ProviderAttributeName must be Cognito_Subject"},
			{who("Cognito", "", "alice"), invalid, "Invalid User: ProviderName, ProviderAttributeName and ProviderAttributeValue are required"},
		} {
			w.Fails(t, "AdminDisableProviderForUser", disabling(pool, c.user), c.code, c.message)
		}
		other := w.Pool(t, nil)
		w.Fails(t, "AdminDisableProviderForUser", disabling(other, subject("corp", "1")), "UserNotFoundException", "")
		wantIdentities(t, w, pool, "alice", "corp OIDC 1 false")
	})
}

func TestALocalUserMayLoseTheirPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Client(t, pool, nil)
		w.Must(t, "AdminUpdateUserAttributes", M{
			"UserPoolId": pool, "Username": "alice", "UserAttributes": servertest.Attributes("email", "a@b.example", "email_verified", "true"),
		})
		w.SignIn(t, client, "alice")
		w.Must(t, "ForgotPassword", M{"ClientId": client, "Username": "alice"})
		code := w.Code(t, "a@b.example")

		for range 2 {
			w.Must(t, "AdminDisableProviderForUser", disabling(pool, subject("Cognito", "alice")))
		}
		if got := servertest.Text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "alice"}), "UserStatus"); got != "EXTERNAL_PROVIDER" {
			t.Errorf("their status is %s", got)
		}
		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
		}, "NotAuthorizedException", "Incorrect username or password.")
		w.Fails(t, "ConfirmForgotPassword", M{
			"ClientId": client, "Username": "alice", "ConfirmationCode": code, "Password": servertest.Password,
		}, "ExpiredCodeException", "")
		w.Fails(t, "ForgotPassword", M{"ClientId": client, "Username": "alice"}, "NotAuthorizedException", "User password cannot be reset in the current state.")

		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": pool, "Username": "alice", "Password": servertest.Password, "Permanent": true})
		w.SignIn(t, client, "alice")
	})
}

func TestDeletedUsersHaveNoIdentities(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		w.User(t, pool, "bob")
		w.Must(t, "AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("corp", "1")))
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": pool, "Username": "alice"})
		w.Fails(t, "AdminDisableProviderForUser", disabling(pool, subject("corp", "1")), "UserNotFoundException", "")
		w.Must(t, "AdminLinkProviderForUser", linking(pool, who("Cognito", "", "bob"), subject("corp", "1")))
	})
}
