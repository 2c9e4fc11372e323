package login_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestTheAddressChoosesTheLanguageThenTheCookieThenTheBrowser(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		address := strings.Replace(s.authorize(t), "/oauth2/authorize", "/login", 1)
		var remembered []*http.Cookie
		for _, c := range []struct{ asked, browser, want, direction string }{
			{"", "fr;q=0.9, pt;q=0.5", "fr", ""},
			{"&lang=de", "fr", "de", ""},
			{"", "fr", "de", ""},            // remembered
			{"&lang=tlh", "fr", "de", ""},   // not spoken
			{"&lang=AR", "fr", "ar", "rtl"}, // asked for anew
			{"", "fr", "ar", "rtl"},
		} {
			r := httptest.NewRequest(http.MethodGet, address+c.asked, nil)
			r.Header.Set("Accept-Language", c.browser)
			r.Header.Set("Sec-Fetch-Dest", "document")
			for _, cookie := range remembered {
				r.AddCookie(cookie)
			}
			w := httptest.NewRecorder()
			s.Server.Handler.ServeHTTP(w, r)
			for _, cookie := range w.Result().Cookies() {
				if strings.Contains(cookie.Name, "lang") {
					remembered = []*http.Cookie{cookie}
				}
			}
			page, err := html.Parse(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			root := map[string]string{}
			for n := range page.ChildNodes() {
				for _, a := range n.Attr {
					root[a.Key] = a.Val
				}
			}
			if root["lang"] != c.want || root["dir"] != c.direction || w.Header().Get("Content-Language") != c.want {
				t.Errorf("%q in a browser for %q: the page is in %v, want %s", c.asked, c.browser, root, c.want)
			}
		}
	})
}
