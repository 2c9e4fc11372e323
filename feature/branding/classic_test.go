package branding_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

const css = ".submitButton-customizable { background-color: #337ab7; }"

// hidden is what must not be served.
const hidden = "<script>alert(1)</script>"

func pngImage(t testing.TB, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), hidden...)
}

func jpegImage(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func base(given []byte) string { return base64.StdEncoding.EncodeToString(given) }

// fetch gets an address of the server or of one of its domains.
func fetch(w *servertest.World, address string, header ...string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w.Server.Handler.ServeHTTP(answer, r)
	return answer
}

// withDomain is a pool with a domain, and a client of it.
func withDomain(t *testing.T, w *servertest.World, name string) (pool, client string) {
	t.Helper()
	pool = w.Pool(t, nil)
	w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": pool, "Domain": name})
	return pool, w.Client(t, pool, nil)
}

func TestCustomizationsAreOfAClientOrOfThePool(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		client := w.Client(t, p, nil)
		ofPool, ofClient := M{"UserPoolId": p}, M{"UserPoolId": p, "ClientId": client}
		w.Fails(t, "SetUICustomization", servertest.With(ofPool, M{"CSS": css}), "InvalidParameterException", "A domain must be associated with this user pool.")
		w.Must(t, "SetUICustomization", ofPool) // takes nothing away
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": p, "Domain": "shop"})
		shown := func(of M) any { return w.Must(t, "GetUICustomization", of)["UICustomization"] }
		if diff := cmp.Diff(M{}, shown(ofClient)); diff != "" {
			t.Errorf("none: %s", diff)
		}

		set := w.Must(t, "SetUICustomization", servertest.With(ofPool, M{"CSS": css, "ClientId": "ALL"}))["UICustomization"]
		all := M{"UserPoolId": p, "ClientId": "ALL", "CSS": css, "CSSVersion": "20260314150926", "CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535}
		for name, got := range map[string]any{"set": set, "the pool's": shown(ofPool), "a client's without its own": shown(ofClient)} {
			if diff := cmp.Diff(all, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		w.Advance(time.Minute)
		own := M{"CSS": ".label-customizable{color:red}", "ImageFile": base(jpegImage(t))}
		got, _ := w.Must(t, "SetUICustomization", servertest.With(ofClient, own))["UICustomization"].(M)
		if diff := cmp.Diff(got, shown(ofClient)); diff != "" || got["ClientId"] != client || got["CSSVersion"] != "20260314151026" {
			t.Errorf("the client's own: %v; %s", got, diff)
		}
		if diff := cmp.Diff(all, shown(ofPool)); diff != "" {
			t.Errorf("the pool's, after a client's: %s", diff)
		}

		w.Must(t, "SetUICustomization", ofClient) // neither: taken away
		if diff := cmp.Diff(all, shown(ofClient)); diff != "" {
			t.Errorf("after the client's own: %s", diff)
		}
		w.Must(t, "SetUICustomization", servertest.With(ofClient, own))
		w.Must(t, "DeleteUserPoolClient", ofClient)
		w.Fails(t, "GetUICustomization", ofClient, "ResourceNotFoundException", "User pool client "+client+" does not exist.")
		w.Fails(t, "SetUICustomization", servertest.With(ofPool, M{"ClientId": "unknown", "CSS": css}), "ResourceNotFoundException", "User pool client unknown does not exist.")
		if status := fetch(w, servertest.Text(got, "ImageUrl")).Code; status != http.StatusNotFound {
			t.Errorf("the logo of a deleted client: %d", status)
		}
	})
}

func TestLogosAreServedWrittenAnew(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, _ := withDomain(t, w, "shop")
		other, _ := withDomain(t, w, "other")
		address := func(pool string, given []byte) string {
			t.Helper()
			return servertest.Text(w.Must(t, "SetUICustomization", M{"UserPoolId": pool, "ImageFile": base(given)}), "UICustomization.ImageUrl")
		}
		logo := address(p, pngImage(t, 8))
		if !strings.HasPrefix(logo, "http://localhost:9229/_domains/shop/assets/") || !strings.HasSuffix(logo, ".png") {
			t.Fatalf("address %q", logo)
		}
		answer := fetch(w, logo)
		header := answer.Header()
		if answer.Code != 200 || header.Get("Content-Type") != "image/png" || bytes.Contains(answer.Body.Bytes(), []byte("alert")) {
			t.Errorf("%d %s %q", answer.Code, header.Get("Content-Type"), answer.Body)
		}
		if _, err := png.Decode(answer.Body); err != nil {
			t.Error(err)
		}
		for name, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if again := fetch(w, logo, "If-None-Match", header.Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("asked again: %d, %d bytes", again.Code, again.Body.Len())
		}
		onHost := "http://shop.auth.us-east-1.localhost:9229" + strings.TrimPrefix(logo, "http://localhost:9229/_domains/shop")
		if got := fetch(w, onHost).Code; got != 200 {
			t.Errorf("by host name: %d", got)
		}
		for _, wrong := range []string{
			strings.Replace(logo, ".png", ".jpg", 1), strings.Replace(logo, ".png", "", 1), strings.Replace(logo, "/shop/", "/other/", 1), strings.Replace(logo, ".png", ".png/x", 1),
		} {
			if got := fetch(w, wrong).Code; got != http.StatusNotFound {
				t.Errorf("%s: %d", wrong, got)
			}
		}
		if moved := address(other, pngImage(t, 8)); fetch(w, moved).Code != 200 {
			t.Errorf("the same image in another pool: %s", moved)
		}
		replaced := address(p, pngImage(t, 9))
		if got := fetch(w, logo).Code; got != http.StatusNotFound || replaced == logo {
			t.Errorf("the former logo: %d", got)
		}
	})
}

func TestCustomizationsThatAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, _ := withDomain(t, w, "shop")
		for name, c := range map[string]struct {
			in   M
			want string
		}{
			"another class": {M{"CSS": "body{color:red}"}, "The CSS class body is not in the list of allowed classes."},
			"an import":     {M{"CSS": "@import 'x';"}, `Invalid CSS, line 1: '@' is not allowed.`},
			"an address":    {M{"CSS": ".logo-customizable{background:url(x)}"}, "Invalid CSS, line 1: url() is not allowed."},
			"no image":      {M{"ImageFile": base([]byte(hidden))}, "The image is not valid, or is not of the type that it is said to be."},
			"a large image": {M{"ImageFile": base(make([]byte, 131_073))}, ""},
			"long CSS":      {M{"CSS": strings.Repeat(" ", 131_073)}, ""},
		} {
			w.Fails(t, "SetUICustomization", servertest.With(M{"UserPoolId": p}, c.in), "InvalidParameterException", c.want)
			if diff := cmp.Diff(M{}, w.Must(t, "GetUICustomization", M{"UserPoolId": p})["UICustomization"]); diff != "" {
				t.Errorf("%s: left %s", name, diff)
			}
		}
		w.Must(t, "SetUICustomization", M{"UserPoolId": p, "CSS": css + strings.Repeat(" ", 131_072-len(css))})
	})
}
