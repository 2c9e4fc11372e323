package sessions_test

import (
	"testing"
	"time"

	"cardea/server/servertest"
)

type M = servertest.M

// open makes a pool, a client as given and a signed-in user.
func open(t *testing.T, w *servertest.World, settings M) (pool, client string, tokens M) {
	t.Helper()
	pool = w.Pool(t, nil)
	client = w.Client(t, pool, settings)
	w.User(t, pool, "alice", "email", "alice@example.com")
	return pool, client, w.SignIn(t, client, "alice")
}

// rotating is a client whose refresh tokens are replaced at every use.
func rotating(grace int) M {
	return M{
		"ExplicitAuthFlows":    []string{"ALLOW_USER_PASSWORD_AUTH"},
		"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": grace},
	}
}

func refresh(client string, token any) M { return M{"ClientId": client, "RefreshToken": token} }

func TestGetTokensFromRefreshToken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, tokens := open(t, w, nil)
		out := w.Must(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]))
		result := out["AuthenticationResult"].(M)
		if result["RefreshToken"] != nil || result["ExpiresIn"] != 3600.0 || result["TokenType"] != "Bearer" {
			t.Errorf("result %v", result)
		}
		user := w.Must(t, "GetUser", M{"AccessToken": result["AccessToken"]})
		if user["Username"] != "alice" {
			t.Errorf("user %v", user)
		}
	})
}

func TestRotationThroughTheAPI(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, tokens := open(t, w, rotating(0))
		out := w.Must(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]))
		next := servertest.Text(out, "AuthenticationResult.RefreshToken")
		if next == "" || next == tokens["RefreshToken"] {
			t.Fatalf("refresh token %q", next)
		}
		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]), "RefreshTokenReuseException", "")
		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, next), "NotAuthorizedException", "Refresh Token has been revoked")
	})
}

func TestRefreshFlowIsClosedToRotatingClients(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, tokens := open(t, w, rotating(0))
		_, err := w.Call("InitiateAuth", M{
			"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": tokens["RefreshToken"]},
		})
		if err == nil {
			t.Error("REFRESH_TOKEN_AUTH was let through")
		}
		w.Must(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]))
	})
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := open(t, w, nil)
		good := refresh(client, tokens["RefreshToken"])

		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, "garbage"), "NotAuthorizedException", "Invalid Refresh Token")
		w.Fails(t, "GetTokensFromRefreshToken", refresh("unknown", tokens["RefreshToken"]), "ResourceNotFoundException",
			"User pool client unknown does not exist.")
		other := w.Client(t, pool, nil)
		w.Fails(t, "GetTokensFromRefreshToken", refresh(other, tokens["RefreshToken"]), "NotAuthorizedException", "Invalid Refresh Token")

		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "alice"})
		if _, err := w.Call("GetTokensFromRefreshToken", good); err == nil {
			t.Error("a disabled user was given tokens")
		}
		w.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "")
		w.Must(t, "AdminEnableUser", M{"UserPoolId": pool, "Username": "alice"})

		tokens = w.SignIn(t, client, "alice")
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": pool, "Username": "alice"})
		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		w.Fails(t, "GlobalSignOut", M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
	})
}

func TestRefreshOfUserWhoMustResetThePassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice", "email", "alice@example.com", "email_verified", "true")
		tokens := w.SignIn(t, client, "alice")
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "alice"})
		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]), "NotAuthorizedException",
			"Password reset required for the user")
	})
}

func TestClientsWithSecretsProveThemselves(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.User(t, pool, "alice")
		made := w.Must(t, "CreateUserPoolClient", M{"UserPoolId": pool, "ClientName": "c", "GenerateSecret": true})
		client, secret := servertest.Text(made, "UserPoolClient.ClientId"), servertest.Text(made, "UserPoolClient.ClientSecret")
		garbage := M{"ClientId": client, "RefreshToken": "garbage"}

		if _, err := w.Call("GetTokensFromRefreshToken", garbage); err == nil || err.Error() == "NotAuthorizedException: Invalid Refresh Token" {
			t.Errorf("without the secret: %v", err)
		}
		garbage["ClientSecret"] = secret
		w.Fails(t, "GetTokensFromRefreshToken", garbage, "NotAuthorizedException", "Invalid Refresh Token")

		w.Fails(t, "RevokeToken", M{"ClientId": client, "Token": "garbage"}, "UnauthorizedException", "")
		w.Fails(t, "RevokeToken", M{"ClientId": client, "Token": "garbage", "ClientSecret": secret + "0"}, "UnauthorizedException", "")
		w.Must(t, "RevokeToken", M{"ClientId": client, "Token": "garbage", "ClientSecret": secret})
	})
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, one := open(t, w, nil)
		two := w.SignIn(t, client, "alice")

		w.Fails(t, "RevokeToken", M{"ClientId": client, "Token": one["AccessToken"]}, "UnsupportedTokenTypeException", "")
		w.Fails(t, "RevokeToken", M{"ClientId": "unknown", "Token": one["RefreshToken"]}, "UnauthorizedException", "")
		other := w.Client(t, pool, nil)
		w.Fails(t, "RevokeToken", M{"ClientId": other, "Token": one["RefreshToken"]}, "UnauthorizedException", "")

		for range 2 {
			w.Must(t, "RevokeToken", M{"ClientId": client, "Token": one["RefreshToken"]})
		}
		w.Fails(t, "GetUser", M{"AccessToken": one["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
		w.Fails(t, "GetTokensFromRefreshToken", refresh(client, one["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		w.Must(t, "GetUser", M{"AccessToken": two["AccessToken"]})

		plain := w.Client(t, pool, M{"EnableTokenRevocation": false})
		kept := w.SignIn(t, plain, "alice")
		w.Fails(t, "RevokeToken", M{"ClientId": plain, "Token": kept["RefreshToken"]}, "UnsupportedOperationException", "")
	})
}

func TestGlobalSignOut(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, one := open(t, w, nil)
		for name, signOut := range map[string]func(tokens M){
			"GlobalSignOut":          func(tokens M) { w.Must(t, "GlobalSignOut", M{"AccessToken": tokens["AccessToken"]}) },
			"AdminUserGlobalSignOut": func(M) { w.Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": pool, "Username": "alice"}) },
		} {
			two := w.SignIn(t, client, "alice")
			signOut(two)
			for _, tokens := range []M{one, two} {
				w.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
				w.Fails(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
			}
			w.Fails(t, "GlobalSignOut", M{"AccessToken": two["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
			one = w.SignIn(t, client, "alice")
			if _, err := w.Call("GetUser", M{"AccessToken": one["AccessToken"]}); err != nil {
				t.Errorf("signed in after %s: %v", name, err)
			}
		}
		w.Fails(t, "AdminUserGlobalSignOut", M{"UserPoolId": pool, "Username": "bob"}, "UserNotFoundException", "User does not exist.")

		w.Advance(time.Hour)
		w.Fails(t, "GlobalSignOut", M{"AccessToken": one["AccessToken"]}, "NotAuthorizedException", "Access Token has expired")
	})
}
