package federated_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"cardea/engine/federated"
	"cardea/outbound/upstream"
)

func TestGoogleAndAppleSignIDTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		google := w.upstream(t, upstream.Google)
		w.v.Social.Google = google.URL
		w.identities.SupportedLoginProviders = map[string]string{federated.Google: "app", federated.Apple: "app", federated.Twitter: "a;b"}
		for _, iss := range []string{google.URL, bare(google)} {
			got, err := w.verify(t, federated.Google, google.Sign(w.claims(google, M{"iss": iss})))
			if err != nil || got.Provider != federated.Google || got.Detail != "accounts.google.com:app:jane" || got.ARN != "" || got.Mapping() != federated.Google {
				t.Errorf("%s: %+v, %v", iss, got, err)
			}
		}
		w.fails(t, federated.Google, google.Sign(w.claims(google, M{"aud": "other"})), federated.ErrUnsupported)
		w.fails(t, federated.Apple, google.Sign(w.claims(google, nil)), federated.ErrIssuer)
		w.fails(t, federated.Twitter, "token;secret", federated.ErrUnbuilt)
		w.fails(t, federated.Facebook, "token", federated.ErrUnsupported)

		apple := w.upstream(t, upstream.Apple)
		w.v.Social.Apple = apple.URL
		if _, err := w.verify(t, federated.Apple, apple.Sign(w.claims(apple, nil))); err != nil {
			t.Error(err)
		}
	})
}

// answer answers JSON to those who have the access token "good", as social providers do.
func answer(object any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good" && r.URL.Query().Get("access_token") != "good" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(object) // the client is gone
	}
}

func TestAccessTokensAreOfTheAppAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.Facebook)
		w.v.Social.Facebook, w.v.Social.Amazon = p.URL, p.URL
		w.identities.SupportedLoginProviders = map[string]string{federated.Facebook: "7346", federated.Amazon: "amzn1.application.x"}
		for name, c := range map[string]struct {
			paths  map[string]any
			others map[string]any // an answer for a token of another app
		}{
			federated.Facebook: {map[string]any{"/app": M{"id": "7346"}, "/me": M{"id": "jane"}}, map[string]any{"/app": M{"id": "7347"}}},
			federated.Amazon: {
				map[string]any{"/auth/o2/tokeninfo": M{"aud": "amzn1.client", "app_id": "amzn1.application.x", "user_id": "jane", "exp": 60}},
				map[string]any{"/auth/o2/tokeninfo": M{"aud": "amzn1.other", "app_id": "amzn1.application.y", "user_id": "jane", "exp": 60}},
			},
		} {
			for path, object := range c.paths {
				p.Handle(path, answer(object))
			}
			got, err := w.verify(t, name, "good")
			if err != nil || got.Subject != "jane" || got.Audience != w.identities.SupportedLoginProviders[name] || len(got.Claims["app"]) > 0 {
				t.Errorf("%s: %+v, %v", name, got, err)
				continue
			}
			w.fails(t, name, "bad", federated.ErrRejected)
			w.fails(t, name, "bad\r\nX: y", federated.ErrRejected)
			for path, object := range c.others {
				p.Handle(path, answer(object))
			}
			w.Advance(30 * time.Second)
			if _, err := w.verify(t, name, "good"); err != nil {
				t.Errorf("%s, remembered: %v", name, err)
			}
			w.Advance(5 * time.Minute)
			w.fails(t, name, "good", federated.ErrUnsupported)
			for path := range c.paths {
				p.Handle(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
			}
			w.Advance(6 * time.Minute)
			var unreachable *federated.UnreachableError
			if _, err := w.verify(t, name, "good"); !errors.As(err, &unreachable) {
				t.Errorf("%s is away: %v", name, err)
			}
		}
	})
}
