package branding_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/brand"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="1" height="1" onclick="alert(1)"/></svg>`

func svgAsset(mode string) M {
	return M{"Category": "FORM_LOGO", "ColorMode": mode, "Extension": "SVG", "Bytes": base([]byte(svg))}
}

// settings set the radius of the form's corners.
func settings(radius float64) M {
	return M{"components": M{"form": M{"borderRadius": radius}}}
}

func TestStylesAreMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		byClient := M{"UserPoolId": p, "ClientId": client}
		w.Fails(t, "DescribeManagedLoginBrandingByClient", byClient, "ResourceNotFoundException", "")
		given := servertest.With(byClient, M{"Settings": settings(8), "Assets": []any{svgAsset("LIGHT"), svgAsset("DARK")}})
		created, _ := w.Must(t, "CreateManagedLoginBranding", given)["ManagedLoginBranding"].(M)
		name := servertest.Text(created, "ManagedLoginBrandingId")
		want := M{
			"ManagedLoginBrandingId": name, "UserPoolId": p, "UseCognitoProvidedValues": false, "Settings": settings(8), "Assets": given["Assets"],
			"CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535,
		}
		if diff := cmp.Diff(want, created); diff != "" || !uuid.MatchString(name) {
			t.Errorf("created %q: %s", name, diff)
		}
		of := M{"UserPoolId": p, "ManagedLoginBrandingId": name}
		described := func() any { return w.Must(t, "DescribeManagedLoginBranding", of)["ManagedLoginBranding"] }
		for _, got := range []any{described(), w.Must(t, "DescribeManagedLoginBrandingByClient", byClient)["ManagedLoginBranding"]} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("described: %s", diff)
			}
		}
		w.Fails(t, "CreateManagedLoginBranding", given, "ManagedLoginBrandingExistsException", "")

		w.Advance(time.Second)
		for i, c := range []struct{ change, want M }{
			{M{"Settings": settings(3)}, M{"Settings": settings(3)}},
			{M{"Assets": []any{svgAsset("DYNAMIC")}}, M{"Assets": []any{svgAsset("DYNAMIC")}}},
			{M{}, M{}},
			{M{"UseCognitoProvidedValues": true}, M{"UseCognitoProvidedValues": true, "Settings": nil}},
			{M{"UseCognitoProvidedValues": true, "Assets": []any{}}, M{"Assets": nil}},
			{M{"Settings": M{}}, M{"UseCognitoProvidedValues": false, "Settings": M{}}},
		} {
			want = servertest.With(want, servertest.With(c.want, M{"LastModifiedDate": 1773500967.535}))
			for member, value := range c.want {
				if value == nil {
					delete(want, member)
				}
			}
			got := w.Must(t, "UpdateManagedLoginBranding", servertest.With(of, c.change))["ManagedLoginBranding"]
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("change %d: %s", i, diff)
			}
			if diff := cmp.Diff(want, described()); diff != "" {
				t.Errorf("change %d, described: %s", i, diff)
			}
		}

		w.Must(t, "DeleteManagedLoginBranding", of)
		for _, operation := range []string{"DescribeManagedLoginBranding", "UpdateManagedLoginBranding", "DeleteManagedLoginBranding"} {
			w.Fails(t, operation, of, "ResourceNotFoundException", "Managed login branding "+name+" does not exist.")
		}
		w.Must(t, "CreateManagedLoginBranding", given)
		w.Must(t, "DeleteUserPoolClient", byClient)
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			if _, err := branding.Find(tx, id.Pool(p), branding.Managed, client); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("a style after its client was deleted: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestStylesAreCompletedByTheDefaults(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		of := M{"UserPoolId": p, "ClientId": client}
		name := servertest.Text(w.Must(t, "CreateManagedLoginBranding", servertest.With(of, M{"UseCognitoProvidedValues": true})), "ManagedLoginBranding.ManagedLoginBrandingId")
		merged := servertest.With(of, M{"ReturnMergedResources": true})
		const radius = "ManagedLoginBranding.Settings.components.form.borderRadius"
		if got := servertest.At(w.Must(t, "DescribeManagedLoginBrandingByClient", merged), radius); got != 16.0 {
			t.Errorf("the server's own look: radius %v", got)
		}
		w.Must(t, "UpdateManagedLoginBranding", M{"UserPoolId": p, "ManagedLoginBrandingId": name, "Settings": settings(3)})
		out := w.Must(t, "DescribeManagedLoginBranding", M{"UserPoolId": p, "ManagedLoginBrandingId": name, "ReturnMergedResources": true})
		if got := servertest.At(out, radius); got != 3.0 {
			t.Errorf("its own radius: %v", got)
		}
		if got := servertest.Text(out, "ManagedLoginBranding.Settings.components.pageBackground.lightMode.color"); len(got) != 8 {
			t.Errorf("a default: %q", got)
		}
	})
}

func TestStylesThatAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		of := M{"UserPoolId": p, "ClientId": client}
		const both = "useCognitoProvidedValues or settings should be specified (but not both)"
		asset := func(category, extension string) M {
			return M{"UseCognitoProvidedValues": true, "Assets": []any{M{"Category": category, "ColorMode": "LIGHT", "Extension": extension, "Bytes": base(pngImage(t, 4))}}}
		}
		for name, c := range map[string]struct {
			in   M
			want string
		}{
			"nothing":             {M{}, both},
			"both":                {M{"UseCognitoProvidedValues": true, "Settings": M{}}, both},
			"unknown setting":     {M{"Settings": M{"components": M{"x": 1}}}, "Invalid settings: there is no setting components.x."},
			"wrong colour":        {M{"Settings": M{"components": M{"pageBackground": M{"darkMode": M{"color": "red"}}}}}, ""},
			"a list as settings":  {M{"Settings": []any{}}, "Invalid settings: the document is not an object."},
			"favicon by PNG":      {asset("FAVICON_ICO", "PNG"), "The extension PNG is not allowed for assets of category FAVICON_ICO."},
			"favicon by ICO":      {asset("FAVICON_SVG", "ICO"), "The extension ICO is not allowed for assets of category FAVICON_SVG."},
			"provider's by PNG":   {asset("IDP_BUTTON_ICON", "PNG"), "The extension PNG is not allowed for assets of category IDP_BUTTON_ICON."},
			"logo by ICO":         {asset("FORM_LOGO", "ICO"), "The extension ICO is not allowed for assets of category FORM_LOGO."},
			"JPEG that is a PNG":  {asset("FORM_LOGO", "JPEG"), "The image is not valid, or is not of the type that it is said to be."},
			"an asset twice":      {M{"UseCognitoProvidedValues": true, "Assets": []any{svgAsset("DARK"), svgAsset("DARK")}}, "There are two assets of category FORM_LOGO for the color mode DARK."},
			"an asset of nothing": {M{"UseCognitoProvidedValues": true, "Assets": []any{servertest.With(svgAsset("DARK"), M{"Bytes": nil})}}, ""},
		} {
			w.Fails(t, "CreateManagedLoginBranding", servertest.With(of, c.in), "InvalidParameterException", c.want)
			if _, err := w.Call("DescribeManagedLoginBrandingByClient", of); err == nil {
				t.Errorf("%s: a style was made", name)
			}
		}
		w.Fails(t, "CreateManagedLoginBranding", M{"UserPoolId": p, "ClientId": "unknown", "UseCognitoProvidedValues": true}, "ResourceNotFoundException", "User pool client unknown does not exist.")
		w.Fails(t, "UpdateManagedLoginBranding", M{"UserPoolId": p}, "InvalidParameterException", "")

		name := servertest.Text(w.Must(t, "CreateManagedLoginBranding", servertest.With(of, M{"Settings": settings(4)})), "ManagedLoginBranding.ManagedLoginBrandingId")
		w.Fails(t, "UpdateManagedLoginBranding", M{"UserPoolId": p, "ManagedLoginBrandingId": name, "Settings": M{}, "UseCognitoProvidedValues": true}, "InvalidParameterException", both)
		other := M{"UserPoolId": w.Pool(t, nil), "ManagedLoginBrandingId": name}
		for _, operation := range []string{"DescribeManagedLoginBranding", "UpdateManagedLoginBranding", "DeleteManagedLoginBranding"} {
			w.Fails(t, operation, other, "ResourceNotFoundException", "")
		}
	})
}

func TestDrawingsAreServedWithoutScripts(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		w.Must(t, "CreateManagedLoginBranding", M{"UserPoolId": p, "ClientId": client, "Settings": M{}, "Assets": []any{svgAsset("DARK")}})
		var name string
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			b, err := branding.Find(tx, id.Pool(p), branding.Managed, client)
			if err != nil {
				return err
			}
			images, err := branding.Images(tx, b)
			if len(images) == 1 {
				name = images[0].Name()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		answer := fetch(w, "http://shop.auth.us-east-1.localhost:9229/assets/"+name+".svg")
		if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != brand.Media[brand.SVG] || bytes.Contains(answer.Body.Bytes(), []byte("alert")) {
			t.Errorf("%d %s %s", answer.Code, answer.Header().Get("Content-Type"), answer.Body)
		}
	})
}

func TestACustomizationIsNoStyle(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, _ := withDomain(t, w, "shop")
		w.Must(t, "SetUICustomization", M{"UserPoolId": p, "CSS": css})
		var name string
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			b, err := branding.Find(tx, id.Pool(p), branding.Classic, branding.All)
			if err == nil {
				name = b.ID
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Fails(t, "DeleteManagedLoginBranding", M{"UserPoolId": p, "ManagedLoginBrandingId": name}, "ResourceNotFoundException", "")
	})
}

func TestStylesOfTwoMegabytesAreTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		var large strings.Builder
		large.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0`)
		for large.Len() < 700_000 {
			fmt.Fprintf(&large, "L%d %d", rand.IntN(1000), rand.IntN(1000))
		}
		large.WriteString(`"/></svg>`)
		asset := servertest.With(svgAsset("DARK"), M{"Bytes": base([]byte(large.String()))})
		light := servertest.With(asset, M{"ColorMode": "LIGHT"})
		w.Must(t, "CreateManagedLoginBranding", M{"UserPoolId": p, "ClientId": client, "Settings": M{}, "Assets": []any{asset, light}})
	})
}

func TestOfManyStylesOfOneClientOneIsMade(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, client := withDomain(t, w, "shop")
		const many = 20
		failed := make([]error, many)
		var wait sync.WaitGroup
		for i := range many {
			wait.Go(func() {
				_, failed[i] = w.Call("CreateManagedLoginBranding", M{"UserPoolId": p, "ClientId": client, "Settings": M{}, "Assets": []any{svgAsset("DARK")}})
			})
		}
		wait.Wait()
		made := 0
		for _, err := range failed {
			if err == nil {
				made++
			} else if !strings.Contains(err.Error(), "ManagedLoginBrandingExistsException") {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Errorf("%d styles", made)
		}
	})
}
