package oauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// ask asks userInfo with an access token in the header.
func (w *world) userInfo(t testing.TB, accessToken any) servertest.Answer {
	t.Helper()
	r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/userInfo"))
	r.Method = http.MethodGet
	r.Header.Set("Authorization", "Bearer "+accessToken.(string))
	return w.Do(t, r)
}

func TestUserInfoShowsWhatTheScopesShow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		for scopes, want := range map[string]M{
			"openid":                               {"email": "alice@example.com", "email_verified": "true", "name": "Alice", "phone_number": "+12065550100"},
			"openid email":                         {"email": "alice@example.com", "email_verified": "true"},
			"openid phone":                         {"phone_number": "+12065550100"},
			"openid profile":                       {"name": "Alice"},
			"openid aws.cognito.signin.user.admin": {"email": "alice@example.com", "email_verified": "true", "name": "Alice", "phone_number": "+12065550100"},
		} {
			made := w.redeem(t, a, w.code(t, a, "scope", scopes))
			access := made.Body["access_token"]
			want["sub"], want["username"] = claims(t, access)["sub"], "alice"
			answer := w.userInfo(t, access)
			if diff := cmp.Diff(want, answer.Body); diff != "" || answer.Status != 200 {
				t.Errorf("%s: %d %s", scopes, answer.Status, diff)
			}
		}
	})
}

func TestUserInfoTakesBearerTokensOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		elsewhere := furnish(t, w.World, nil)
		access := w.redeem(t, a, w.code(t, a)).Body["access_token"].(string)
		address := w.Endpoint(t, w.pool, "/oauth2/userInfo")
		api := w.SignIn(t, a.id, "alice")

		if answer := w.Post(t, address, "access_token", access); answer.Status != 200 {
			t.Errorf("in a form: %s", answer.Text)
		}
		for name, c := range map[string]struct {
			query   string
			headers []string
			form    string
		}{
			"nothing":            {},
			"in the query":       {query: "?access_token=" + access},
			"another scheme":     {headers: []string{"Basic " + access}},
			"twice":              {headers: []string{"Bearer " + access, "Bearer " + access}},
			"empty":              {headers: []string{"Bearer "}},
			"a form without it":  {form: "x"},
			"header and nothing": {headers: []string{""}},
			"header and form":    {headers: []string{"Basic x"}, form: "access_token"},
		} {
			r := servertest.Form(address+c.query, c.form, access)
			r.Header["Authorization"] = c.headers
			answer := w.Do(t, r)
			refuses(t, name, answer, 400, "invalid_request")
			want := `Bearer error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"`
			if got := answer.Header.Get("WWW-Authenticate"); got != want {
				t.Errorf("%s: WWW-Authenticate %s", name, got)
			}
		}

		refused := func(what string, answer servertest.Answer, why string) {
			t.Helper()
			refuses(t, what, answer, 401, "invalid_token")
			if got := answer.Header.Get("WWW-Authenticate"); !strings.Contains(got, why) || answer.Body["error_description"] != why {
				t.Errorf("%s: %s, %v", what, got, answer.Body)
			}
		}
		const lost = "Access token is expired, disabled, or deleted, or the user has globally signed out."
		machine := w.of(t, w.machine(t, nil)).Body["access_token"]
		refused("garbage", w.userInfo(t, "garbage"), lost)
		refused("an ID token", w.userInfo(t, api["IdToken"]), lost)
		refused("a machine's", w.userInfo(t, machine), lost)
		refused("at another pool", elsewhere.userInfo(t, access), lost)
		refused("without openid", w.userInfo(t, api["AccessToken"]), "Access token does not contain openid scope")
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		w.Must(t, "AdminDisableUser", who)
		refused("disabled", w.userInfo(t, access), lost)
		w.Must(t, "AdminEnableUser", who)
		w.Must(t, "AdminUserGlobalSignOut", who)
		refused("signed out", w.userInfo(t, access), lost)
		access = w.redeem(t, a, w.code(t, a)).Body["access_token"].(string)
		w.Advance(time.Hour)
		refused("expired", w.userInfo(t, access), lost)
		access = w.redeem(t, a, w.code(t, a)).Body["access_token"].(string)
		w.Must(t, "AdminDeleteUser", who)
		refused("deleted", w.userInfo(t, access), lost)
	})
}
