package login_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cardea/server"
	"cardea/server/servertest"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><path d="M0 0h9v9"/></svg>`

func image(category, mode, extension, bytes string) M {
	return M{"Category": category, "ColorMode": mode, "Extension": extension, "Bytes": base64.StdEncoding.EncodeToString([]byte(bytes))}
}

// shown is the value of an attribute of the first element of a tag, if it has the other given.
func (v *visitor) shown(tag, attribute, other, value string) string {
	for _, e := range v.elements(tag) {
		if other == "" || e[other] == value {
			return e[attribute]
		}
	}
	return ""
}

func TestPagesLookAsTheirClientsStyleSays(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		address := s.authorize(t)
		domain := servertest.Text(s.Must(t, "DescribeUserPool", M{"UserPoolId": s.pool}), "UserPool.Domain")
		s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": 2})
		plain := s.visitor(t).visit(address).expect("sign-in")
		if strings.Contains(plain.body, "#ff0080") || plain.shown("img", "src", "", "") != "" {
			t.Error("a client without a style has one")
		}
		s.Must(t, "CreateManagedLoginBranding", M{
			"UserPoolId": s.pool, "ClientId": s.client,
			"Settings": M{"components": M{
				"primaryButton": M{"lightMode": M{"defaults": M{"backgroundColor": "ff0080ff", "textColor": "ff0080ff"}}},
				"form":          M{"logo": M{"enabled": true}},
			}},
			"Assets": []any{image("FORM_LOGO", "LIGHT", "SVG", drawing), image("FORM_LOGO", "DARK", "SVG", strings.Replace(drawing, "h9", "h8", 1)), image("FAVICON_SVG", "DYNAMIC", "SVG", drawing)},
		})
		v := s.visitor(t).visit(address).expect("sign-in")
		if !strings.Contains(v.body, "--primary:light-dark(#ff0080,") || strings.Contains(v.body, "--primary-text:light-dark(#ff0080,") {
			t.Error("the page has not the style's colours, or text that cannot be read")
		}
		logo, dark, icon := v.shown("img", "src", "", ""), v.shown("source", "srcset", "", ""), v.shown("link", "href", "rel", "icon")
		if logo == "" || dark == "" || logo == dark || icon != logo || v.shown("img", "alt", "", "") != "Shop" {
			t.Errorf("logo %q, in the dark %q, icon %q", logo, dark, icon)
		}
		picture := s.visitor(t).send(http.MethodGet, v.address.ResolveReference(parse(t, logo)).String(), nil)
		if picture.status != http.StatusOK || strings.Contains(picture.body, "alert") {
			t.Errorf("the logo: %d %s", picture.status, picture.body)
		}

		other := s.Client(t, s.pool, M{"ClientName": "Other", "AllowedOAuthFlows": []string{"code"}, "AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthScopes": []string{"openid", "email"}, "CallbackURLs": []string{callback}, "SupportedIdentityProviders": []string{"COGNITO"}})
		if v := s.visitor(t).visit(strings.Replace(address, s.client, other, 1)).expect("sign-in"); strings.Contains(v.body, "#ff0080") {
			t.Error("another client's pages have the style too")
		}
		style := servertest.Text(s.Must(t, "DescribeManagedLoginBrandingByClient", M{"UserPoolId": s.pool, "ClientId": s.client}), "ManagedLoginBranding.ManagedLoginBrandingId")
		dim := M{"components": M{"form": M{"logo": M{"enabled": true}}}, "categories": M{"global": M{"colorSchemeMode": "DARK"}}}
		s.Must(t, "UpdateManagedLoginBranding", M{"UserPoolId": s.pool, "ManagedLoginBrandingId": style, "Settings": dim})
		v = s.visitor(t).visit(address).expect("sign-in")
		if !strings.Contains(v.body, "color-scheme:dark;") || v.shown("img", "src", "", "") != dark || v.shown("source", "srcset", "", "") != "" {
			t.Errorf("dark pages: logo %q", v.shown("img", "src", "", ""))
		}
		s.Must(t, "UpdateManagedLoginBranding", M{"UserPoolId": s.pool, "ManagedLoginBrandingId": style, "UseCognitoProvidedValues": true})
		v = s.visitor(t).visit(address).expect("sign-in")
		if strings.Contains(v.body, "#ff0080") || v.shown("img", "src", "", "") != "" {
			t.Error("the server's own look has the style's colours or its logo")
		}
		s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": 1})
		if v := s.visitor(t).visit(address).expect("sign-in"); strings.Contains(v.body, "#ff0080") {
			t.Error("classic pages have the style too")
		}
	})
}

func TestClassicPagesHaveTheirStyleSheetAndLogo(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		address := s.authorize(t)
		domain := servertest.Text(s.Must(t, "DescribeUserPool", M{"UserPoolId": s.pool}), "UserPool.Domain")
		s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": 1})
		const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
		s.Must(t, "SetUICustomization", M{"UserPoolId": s.pool, "CSS": ".submitButton-customizable { color: #abcdef; position: fixed }", "ImageFile": pixel})
		v := s.visitor(t).visit(address).expect("sign-in")
		if !strings.Contains(v.body, ":root{color-scheme:light}\n.submitButton-customizable{color:#abcdef}") || !strings.HasSuffix(v.shown("img", "src", "", ""), ".png") {
			t.Errorf("the pool's customization is not shown; logo %q", v.shown("img", "src", "", ""))
		}
		for _, class := range []string{"background", "banner", "logo", "label", "inputField", "submitButton"} {
			if !strings.Contains(v.body, class+`-customizable"`) {
				t.Errorf("nothing has the class %s-customizable", class)
			}
		}
		s.Must(t, "SetUICustomization", M{"UserPoolId": s.pool, "ClientId": s.client, "CSS": ".label-customizable{color:#123456}"})
		v = s.visitor(t).visit(address).expect("sign-in")
		if strings.Contains(v.body, "#abcdef") || !strings.Contains(v.body, ".label-customizable{color:#123456}") || v.shown("img", "src", "", "") != "" {
			t.Error("the client's own customization does not replace the pool's")
		}
	})
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPagesHaveTheImagesOfTheirStyle(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		address := s.authorize(t)
		domain := servertest.Text(s.Must(t, "DescribeUserPool", M{"UserPoolId": s.pool}), "UserPool.Domain")
		s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": 2})
		enabled, bar := M{"enabled": true}, M{"logo": M{"enabled": true, "location": "END"}, "backgroundImage": M{"enabled": true}}
		settings := M{
			"components": M{
				"pageBackground": M{"image": enabled}, "pageHeader": bar, "pageFooter": bar,
				"form": M{"logo": M{"enabled": true, "formInclusion": "OUT", "position": "BOTTOM", "location": "END"}, "backgroundImage": enabled},
			},
			"categories": M{
				"global": M{"pageHeader": enabled, "pageFooter": enabled, "spacingDensity": "COMPACT"},
				"form":   M{"location": M{"horizontal": "START", "vertical": "END"}},
			},
		}
		var assets []any
		for i, category := range []string{
			"PAGE_BACKGROUND", "PAGE_HEADER_LOGO", "PAGE_HEADER_BACKGROUND", "PAGE_FOOTER_LOGO", "PAGE_FOOTER_BACKGROUND",
			"FORM_LOGO", "FORM_BACKGROUND", "PASSWORD_GRAPHIC",
		} {
			assets = append(assets, image(category, "LIGHT", "SVG", strings.Replace(drawing, "h9", "h"+string(rune('0'+i)), 1)))
		}
		assets = append(assets, image("PAGE_BACKGROUND", "DARK", "SVG", drawing))
		style := servertest.Text(s.Must(t, "CreateManagedLoginBranding", M{
			"UserPoolId": s.pool, "ClientId": s.client, "Settings": settings, "Assets": assets,
		}), "ManagedLoginBranding.ManagedLoginBrandingId")

		v := s.visitor(t).visit(address).expect("sign-in")
		classes := v.shown("html", "class", "", "")
		for _, class := range []string{"compact", "x-start", "y-end", "page-image", "form-image", "header-image", "footer-image"} {
			if !strings.Contains(" "+classes+" ", " "+class+" ") {
				t.Errorf("the page is not %s: %s", class, classes)
			}
		}
		base, _, _ := strings.Cut(v.shown("img", "src", "", ""), "/assets/")
		base += "/assets/"
		for _, name := range []string{"page", "form", "header", "footer"} {
			if !strings.Contains(v.body, ":root{--"+name+"-image:url("+base) {
				t.Errorf("there is no image behind the %s", name)
			}
		}
		if !strings.Contains(v.body, "@media (prefers-color-scheme:dark){:root{--page-image:url("+base) {
			t.Error("there is no dark image behind the page")
		}
		logos := map[string]bool{}
		for _, e := range v.elements("img") {
			logos[e["src"]] = true
		}
		if len(logos) != 3 {
			t.Errorf("logos of header, form and footer: %v", logos)
		}
		if i, j := strings.Index(v.body, "</main>"), strings.Index(v.body, `class="mark to-end"`); j < i || i < 0 {
			t.Error("the form's logo is not below the form")
		}
		if v := v.visit(strings.Replace(address, "/oauth2/authorize", "/forgotPassword", 1)).expect("forgot"); !strings.Contains(v.body, `class="graphic"`) {
			t.Error("the page of forgotten passwords has not its picture")
		}

		s.Must(t, "UpdateManagedLoginBranding", M{"UserPoolId": s.pool, "ManagedLoginBrandingId": style, "Settings": M{}})
		v = s.visitor(t).visit(address).expect("sign-in")
		if len(v.elements("img")) > 0 || strings.Contains(v.body, "-image:url") {
			t.Error("images are shown that the settings do not enable")
		}
	})
}

func TestPagesWithoutASignInLookAsTheirClientsStyleSays(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		login := s.page(t, "/login")
		domain := servertest.Text(s.Must(t, "DescribeUserPool", M{"UserPoolId": s.pool}), "UserPool.Domain")
		s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": 2})
		s.Must(t, "CreateManagedLoginBranding", M{
			"UserPoolId": s.pool, "ClientId": s.client,
			"Settings": M{"components": M{"pageBackground": M{"lightMode": M{"color": "ff0080ff"}}}},
		})
		const styled = "--page:light-dark(#ff0080,"
		link := strings.Replace(login[:strings.Index(login, "?")], "/login", "/confirmUser", 1)
		good := "?client_id=" + s.client + "&user_name=eva&confirmation_code=x"

		for address, want := range map[string]bool{
			link + good: true,
			link + strings.Replace(good, s.client, "nobody", 1):                                false,
			strings.Replace(login, url.QueryEscape(callback), "https%3A%2F%2Fevil.example", 1): true,
			strings.Replace(login, s.client, "nobody", 1):                                      false,
		} {
			v := s.visitor(t).send(http.MethodGet, address, nil)
			if strings.Contains(v.body, styled) != want {
				t.Errorf("%d at %s: in the client's style: %t, want %t", v.status, address, !want, want)
			}
			if v.status != http.StatusOK && v.shown("button", "class", "data-back", "") == "" {
				t.Errorf("%d at %s: no way back", v.status, address)
			}
		}

		v := s.visitor(t).send(http.MethodPost, login, url.Values{"a": {strings.Repeat("x", 70_000)}})
		again := ""
		for _, a := range v.elements("a") {
			if path, _, _ := strings.Cut(a["href"], "?"); strings.HasSuffix(path, "/login") {
				again = a["href"]
			}
		}
		if v.status != http.StatusBadRequest || !strings.Contains(v.body, styled) || again == "" {
			t.Errorf("a form that is too large: %d", v.status)
		}
		s.visitor(t).visit(v.address.ResolveReference(parse(t, again)).String()).expect("sign-in")
	})
}

func TestServersShowTheFramesAndTextsOfTheirFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{"frame.html": "<header>Acme of {{.App}}</header>{{.Card}}", "en.txt": "sign-in.submit = Go ahead\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	servertest.EachWith(t, func(c *server.Config) { c.Templates = folder }, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, nil, nil)
		v := s.visitor(t).visit(s.authorize(t)).expect("sign-in")
		if !strings.Contains(v.body, "<header>Acme of Shop</header>") || !strings.Contains(v.body, ">Go ahead</button>") {
			t.Errorf("the page is Cardea's own: %s", v.body)
		}
		if v.submit("username", "nobody", "password", servertest.Password).expect("sign-in").said() == "" {
			t.Error("the form leads nowhere")
		}
	})
}
