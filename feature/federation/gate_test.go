package federation_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

const federated = "Corp_1234567890"

// Who comes from a provider signs in in no other way, and nothing tells that from a wrong password or an unknown user.
func TestFederatedUsersSignInAtTheirProviderAlone(t *testing.T) {
	for _, hides := range []string{"ENABLED", "LEGACY"} {
		t.Run(hides, func(t *testing.T) {
			o := with{
				pool: M{
					"AliasAttributes": []string{"email"},
					"Policies":        M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
					"LambdaConfig":    servertest.Triggers("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")["LambdaConfig"],
				},
				client: M{
					"PreventUserExistenceErrors": hides,
					"ExplicitAuthFlows":          []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"},
				},
				mapping: M{"email": "email", "email_verified": "email_verified"},
			}
			each(t, o, func(t *testing.T, w *world) {
				w.signIn(t)
				begin := func(flow string, pairs M) M {
					return M{"ClientId": w.app, "AuthFlow": flow, "AuthParameters": servertest.With(M{"USERNAME": "jane@example.com"}, pairs)}
				}
				w.Fails(t, "InitiateAuth", begin("USER_PASSWORD_AUTH", M{"PASSWORD": servertest.Password}), "NotAuthorizedException", "Incorrect username or password.")
				w.Fails(t, "AdminInitiateAuth", servertest.With(begin("ADMIN_USER_PASSWORD_AUTH", M{"PASSWORD": servertest.Password}), M{"UserPoolId": w.pool}),
					"NotAuthorizedException", "Incorrect username or password.")
				code := map[string]string{"ENABLED": "NotAuthorizedException", "LEGACY": "UserNotFoundException"}[hides]
				w.Fails(t, "InitiateAuth", begin("USER_AUTH", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": servertest.Password}), code, "")

				out, err := w.Call("InitiateAuth", begin("USER_AUTH", M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}))
				if hides == "ENABLED" && (err != nil || out["ChallengeName"] != "EMAIL_OTP") {
					t.Errorf("a code is asked for: %v, %v; an unknown user is told that it was sent", out, err)
				}
				if sent := w.Inbox("jane@example.com"); len(sent) != 0 {
					t.Errorf("a code was sent: %v", sent)
				}
				_, err = w.Call("InitiateAuth", begin("CUSTOM_AUTH", nil))
				if fault, ok := errors.AsType[*awsjson.Fault](err); ok && hides == "LEGACY" && fault.Code != "UserNotFoundException" {
					t.Errorf("a custom sign-in: %v", err)
				}
				for _, call := range w.function.Calls() {
					if about, _ := call.Request()["userAttributes"].(map[string]any); len(about) > 0 {
						t.Errorf("%s is told of %v", call.Source(), about)
					}
				}
				if hides == "LEGACY" {
					w.Fails(t, "ForgotPassword", M{"ClientId": w.app, "Username": federated}, "NotAuthorizedException", "User password cannot be reset in the current state.")
				}
			})
		})
	}
}

func TestAPasswordMakesAFederatedUserAnOrdinaryOne(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		first := claims(t, w.signIn(t)["id_token"])
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": federated, "Password": servertest.Password, "Permanent": true})
		out, _ := w.user(t, federated)
		if out["UserStatus"] != "CONFIRMED" {
			t.Errorf("the status is %v", out["UserStatus"])
		}
		local := claims(t, w.SignIn(t, w.app, federated)["IdToken"])
		again := claims(t, w.signIn(t)["id_token"])
		if local["sub"] != first["sub"] || again["sub"] != first["sub"] {
			t.Errorf("signed in as %v, %v, %v", first["sub"], local["sub"], again["sub"])
		}
	})
}

// edit changes a user as no operation does.
func (w *world) edit(t testing.TB, name string, change func(u *user.User)) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, w.pool, name)
		if err != nil {
			return err
		}
		change(u)
		return account.Save(tx, p, u, false)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fragmentOf is the fragment of an address.
func fragmentOf(address string) string {
	_, fragment, _ := strings.Cut(address, "#")
	return fragment
}

func TestTheGateOfFederatedUsers(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		refresh := func(tokens M) servertest.Answer {
			return w.Post(t, w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "refresh_token", "client_id", w.app, "refresh_token", tokens["refresh_token"].(string))
		}
		byProvider := w.signIn(t)
		if a := refresh(byProvider); a.Status != 200 {
			t.Errorf("refresh: %d %s", a.Status, a.Text)
		}

		// A user who has had a password has none any more: the sessions that it gave end, those of the provider stay.
		w.User(t, w.pool, "jane")
		w.link(t, "jane", "Cognito_Subject", "jane")
		w.idp.SetClaims(person("sub", "jane"))
		byProvider = w.signIn(t)
		byPassword := w.SignIn(t, w.app, "jane")
		w.edit(t, "jane", func(u *user.User) { u.Status = "EXTERNAL_PROVIDER" })
		if a := refresh(byProvider); a.Status != 200 {
			t.Errorf("refresh of the provider's session: %d %s", a.Status, a.Text)
		}
		if a := refresh(M{"refresh_token": byPassword["RefreshToken"]}); a.Error() != "invalid_grant" {
			t.Errorf("refresh of the password's session: %d %s", a.Status, a.Text)
		}

		for status, refusal := range map[string]string{
			"CONFIRMED": "", "FORCE_CHANGE_PASSWORD": "", "RESET_REQUIRED": "",
			"UNCONFIRMED": "invalid_request: User is not confirmed.", "COMPROMISED": "invalid_request: User cannot sign in.",
		} {
			w.edit(t, "jane", func(u *user.User) { u.Status = status })
			if refusal != "" {
				w.refused(t, refusal)
				if a := refresh(byProvider); a.Error() != "invalid_grant" {
					t.Errorf("refresh by a user who is %s: %d %s", status, a.Status, a.Text)
				}
				continue
			}
			if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "jane" {
				t.Errorf("%s: %v", status, got)
			}
		}

		w.edit(t, "jane", func(u *user.User) { u.Status = "CONFIRMED" })
		out, err := w.land(t, w.depart(t))
		if err != nil {
			t.Fatal(err)
		}
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "jane"})
		a := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "authorization_code", "client_id", w.app,
			"code", query(t, out.Finished.Location.String()).Get("code"), "redirect_uri", callback)
		if a.Error() != "invalid_grant" {
			t.Errorf("the code of a disabled user: %d %s", a.Status, a.Text)
		}
		w.refused(t, "invalid_request: User is not enabled")
	})
}

// Providers vouch for their users: nobody asks for a second factor.
func TestNoFactorIsAskedForAfterAProvider(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		w.signIn(t)
		w.signIn(t)
	})
}

// reuse has the browser of a finished sign-in come again with another request.
func (w *world) reuse(t testing.TB, sso string, pairs ...string) error {
	t.Helper()
	site := w.site(t)
	out, err := w.Server.OAuth.Authorize(t.Context(), site.Pool, w.request(pairs...), hosted.Browser{Domain: site.Domain, SSO: sso})
	if err == nil && out.Location.URI == "" {
		return hosted.ErrLoginRequired
	}
	return err
}

func TestSessionsOfProvidersServeTheirAppsAlone(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.provider(t, "Other", w.idp, with{})
		w.offer(t, "COGNITO", "Corp", "Other")
		out, err := w.land(t, w.depart(t))
		if err != nil {
			t.Fatal(err)
		}
		sso := out.Finished.SSO
		for name, c := range map[string]struct {
			pairs  []string
			reused bool
		}{
			"any provider":   {nil, true},
			"its provider":   {[]string{"identity_provider", "Corp"}, true},
			"another":        {[]string{"identity_provider", "Other"}, false},
			"the pool":       {[]string{"identity_provider", "COGNITO"}, true}, // which leaves the choice to the user
			"a fresh one":    {[]string{"max_age", "3600"}, false},
			"another prompt": {[]string{"prompt", "login"}, false},
		} {
			err := w.reuse(t, sso, c.pairs...)
			if (err == nil) != c.reused || err != nil && !errors.Is(err, hosted.ErrLoginRequired) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.offer(t, "COGNITO", "Other")
		if err := w.reuse(t, sso); !errors.Is(err, hosted.ErrLoginRequired) {
			t.Errorf("an app whose users do not come from there: %v", err)
		}
		w.offer(t, "Corp")
		if err := w.reuse(t, sso); err != nil {
			t.Errorf("an app whose users come from there alone: %v", err)
		}
	})
}

// An app whose users all come from providers has none who sign in to the pool itself.
func TestAppsWithoutThePoolTakeNoLocalSignIns(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.User(t, w.pool, "jane")
		finish := func() error {
			return w.DB.Write(t.Context(), func(tx *db.Tx) error {
				p, u, err := account.Admin(tx, w.pool, "jane")
				if err != nil {
					return err
				}
				_, err = w.Server.OAuth.Hosted.Finish(tx, p.ID, w.request(), hosted.SignIn{User: u, Proofs: []factor.Proof{factor.Password}})
				return err
			})
		}
		if err := finish(); err != nil {
			t.Errorf("an app with users of the pool: %v", err)
		}
		w.offer(t, "Corp")
		if err := finish(); !errors.Is(err, hosted.ErrProvider) {
			t.Errorf("an app without: %v", err)
		}
	})
}

func TestLevelsOfProvidersAreMapped(t *testing.T) {
	o := with{levels: M{"Level2": "urn:corp:passkey", "Level3": "urn:corp:mfa"}}
	each(t, o, func(t *testing.T, w *world) {
		level := func(acr any) any {
			p := person()
			if acr != nil {
				p["acr"] = acr
			}
			w.idp.SetClaims(p)
			return claims(t, w.signIn(t, "acr_values", "any")["id_token"])["acr"]
		}
		names := map[any]any{}
		for _, acr := range []any{nil, "0", "urn:corp:passkey", "urn:corp:mfa"} {
			names[acr] = level(acr)
		}
		if names[nil] != names["0"] || names["urn:corp:passkey"] == names[nil] || names["urn:corp:mfa"] == names["urn:corp:passkey"] || names["urn:corp:mfa"] == names[nil] {
			t.Errorf("levels %v", names)
		}
		third, _ := names["urn:corp:mfa"].(string)
		out, err := w.departure(t, "Corp", "acr_values", third)
		if err != nil {
			t.Fatal(err)
		}
		if got := query(t, out.Location).Get("acr_values"); got != "urn:corp:mfa" {
			t.Errorf("the provider is asked for %q", got)
		}
		second, _ := names["urn:corp:passkey"].(string)
		if out, err = w.departure(t, "Corp", "acr_values", second); err != nil || query(t, out.Location).Get("acr_values") != "urn:corp:passkey urn:corp:mfa" {
			t.Errorf("the provider is asked at %v, %v", out, err)
		}

		w.idp.SetClaims(person())
		weak, err := w.land(t, w.depart(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.reuse(t, weak.Finished.SSO, "acr_values", second); !errors.Is(err, hosted.ErrLoginRequired) {
			t.Errorf("a session of a weak sign-in: %v", err)
		}
		w.idp.SetClaims(person("acr", "urn:corp:mfa"))
		strong, err := w.land(t, w.depart(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.reuse(t, strong.Finished.SSO, "acr_values", second); err != nil {
			t.Errorf("a session of a strong sign-in: %v", err)
		}
	})
}

func TestTheAgeOfASignInIsTheProviders(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.idp.EditIDToken(func(c M) { c["auth_time"] = w.Now().Unix() - 30 })
		for maxAge, want := range map[string]float64{"": float64(w.Now().Unix()), "60": float64(w.Now().Unix() - 30)} {
			var pairs []string
			if maxAge != "" {
				pairs = []string{"max_age", maxAge}
			}
			if got := claims(t, w.signIn(t, pairs...)["id_token"])["auth_time"]; got != want {
				t.Errorf("max_age %q: auth_time %v, want %v", maxAge, got, want)
			}
		}
		w.idp.EditIDToken(func(c M) { c["auth_time"] = w.Now().Unix() - 600 })
		if _, err := w.land(t, w.depart(t, "max_age", "60")); err == nil {
			t.Error("a sign-in that is too old")
		}
	})
}

// A session of the pool's does not lead to a user's own pages, and a session at the provider does not either.
func TestOwnPagesAskForANewSignInAtTheProvider(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		for own, want := range map[string]string{"code": "", hosted.OwnPages: "login"} {
			to := callback
			if own == hosted.OwnPages {
				to = "/account"
			}
			out, err := w.departure(t, w.name, "response_type", own, "redirect_uri", to)
			if err != nil {
				t.Fatal(err)
			}
			if at, err := url.Parse(out.Location); err != nil || at.Query().Get("prompt") != want {
				t.Errorf("%s: sent to %s, %v", own, out.Location, err)
			}
		}
	})
}

// Tokens of the implicit grant are made at once.
func TestProvidersUsersGetTokensAtOnce(t *testing.T) {
	each(t, with{pool: triggers()}, func(t *testing.T, w *world) {
		out, err := w.land(t, w.depart(t, "response_type", "token"))
		if err != nil {
			t.Fatal(err)
		}
		fragment := parse(t, fragmentOf(out.Finished.Location.String()))
		if got := claims(t, fragment.Get("id_token")); got["cognito:username"] != federated {
			t.Errorf("signed in as %v", got)
		}
	})
}
