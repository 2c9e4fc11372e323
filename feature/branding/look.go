package branding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/brand"
	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Look is how the pages of a client look. What is zero is as in Cardea's own look.
type Look struct {
	Style   string // a style sheet that goes over the pages' own; empty: Cardea's colours
	Classes string // of the page: words of the pages' own style sheet
	Classic bool   // a classic customization
	Icon    string // the path of an icon

	Logo           Logo // of the form
	Header, Footer *Bar
	Graphics       map[string]Picture // by the way to sign in: email, sms, app, password, passkey
	Providers      brand.Providers
	ProviderIcons  map[string]string // paths, by the provider's name
}

// Picture is an image by its path, and another for the dark scheme if there is one.
type Picture struct{ Path, Dark string }

// Logo is the logo of the form.
type Logo struct {
	Picture
	Outside, Below bool
	Location       string // start, center or end
}

// Bar is what a page has across its width.
type Bar struct {
	Logo     Picture
	Location string // start, center or end
}

// Look is how pages look on a site: by the client's managed login style, or on a classic one by its customization or the pool's.
func (s *Service) Look(ctx context.Context, site *issuer.Site, client id.Client) (look Look, err error) {
	find := managedLook
	if site.Version == 1 {
		find = classicLook
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		look, err = find(tx, site, client)
		if errors.Is(err, db.ErrNotFound) {
			look, err = Look{}, nil
		}
		return err
	})
	return look, err
}

// lightOnly keeps classic pages light: their style sheets know one colour scheme.
const lightOnly = ":root{color-scheme:light}\n"

func classicLook(tx *db.Tx, site *issuer.Site, client id.Client) (Look, error) {
	b, err := branding.Find(tx, site.Pool, branding.Classic, string(client))
	if errors.Is(err, db.ErrNotFound) {
		b, err = branding.Find(tx, site.Pool, branding.Classic, branding.All)
	}
	if err != nil {
		return Look{}, fmt.Errorf("find customization: %w", err)
	}
	images, err := imagesOf(tx, site, b)
	if err != nil {
		return Look{}, err
	}
	look := Look{Classic: true, Providers: brand.Own.Providers}
	look.Logo.Path = images.first(logo, "", cognitoidp.ColorSchemeModeTypeDynamic)
	if b.Sheet != "" {
		look.Style = brand.Own.Style + "\n" + lightOnly + b.Sheet
	}
	return look, nil
}

func managedLook(tx *db.Tx, site *issuer.Site, client id.Client) (Look, error) {
	b, err := branding.Find(tx, site.Pool, branding.Managed, string(client))
	if err != nil {
		return Look{}, fmt.Errorf("find style: %w", err)
	}
	images, err := imagesOf(tx, site, b)
	if err != nil {
		return Look{}, err
	}
	theme, err := brand.Theme([]byte(b.Settings))
	if err != nil {
		return Look{}, err
	}
	images.schemes = theme.Schemes
	return images.look(theme), nil
}

// images are those of a style, on a site.
type images struct {
	base    string // what their paths begin with
	schemes string // the colour schemes that pages have: LIGHT, DARK or DYNAMIC
	places  []branding.Place
}

func imagesOf(tx *db.Tx, site *issuer.Site, b *branding.Branding) (*images, error) {
	places, err := branding.Places(tx, b)
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	return &images{base: site.Path + "/assets/", places: places}, nil
}

// look gives the parts of a page their images.
func (i *images) look(theme brand.Look) Look {
	look := Look{Style: theme.Style, Icon: i.icon(theme.Favicons), Providers: theme.Providers}
	if theme.Logo.Shown {
		look.Logo = Logo{
			Picture: i.picture(cognitoidp.AssetCategoryTypeFormLogo, ""),
			Outside: theme.Logo.Outside, Below: theme.Logo.Below, Location: strings.ToLower(theme.Logo.Location),
		}
	}
	look.Header = i.bar(theme.Header, cognitoidp.AssetCategoryTypePageHeaderLogo)
	look.Footer = i.bar(theme.Footer, cognitoidp.AssetCategoryTypePageFooterLogo)

	classes := []string{"x-" + strings.ToLower(theme.Horizontal), "y-" + strings.ToLower(theme.Vertical)}
	if theme.Compact {
		classes = append(classes, "compact")
	}
	for _, behind := range []struct {
		name, category string
		shown          bool
	}{
		{"page", cognitoidp.AssetCategoryTypePageBackground, theme.PageImage},
		{"form", cognitoidp.AssetCategoryTypeFormBackground, theme.FormImage},
		{"header", cognitoidp.AssetCategoryTypePageHeaderBackground, theme.Header.Shown && theme.Header.Image},
		{"footer", cognitoidp.AssetCategoryTypePageFooterBackground, theme.Footer.Shown && theme.Footer.Image},
	} {
		if p := i.picture(behind.category, ""); behind.shown && p.Path != "" {
			look.Style += behindStyle(behind.name, p)
			classes = append(classes, behind.name+"-image")
		}
	}
	look.Classes = strings.Join(classes, " ")
	look.Graphics, look.ProviderIcons = i.graphics(theme), i.providerIcons(theme)
	return look
}

// behindStyle is the style sheet of an image that is behind something.
func behindStyle(name string, p Picture) string {
	style := ":root{--" + name + "-image:url(" + p.Path + ")}"
	if p.Dark != "" {
		style += "@media (prefers-color-scheme:dark){:root{--" + name + "-image:url(" + p.Dark + ")}}"
	}
	return style
}

func (i *images) bar(bar brand.Bar, category string) *Bar {
	if !bar.Shown {
		return nil
	}
	b := &Bar{Location: strings.ToLower(bar.Location)}
	if bar.Logo {
		b.Logo = i.picture(category, "")
	}
	return b
}

// icon is the path of the favicon, of one of the types.
func (i *images) icon(types []string) (path string) {
	for _, kind := range []struct{ name, category string }{
		{brand.ICO, cognitoidp.AssetCategoryTypeFaviconIco}, {brand.SVG, cognitoidp.AssetCategoryTypeFaviconSvg},
	} {
		if slices.Contains(types, kind.name) {
			path = cmp.Or(i.picture(kind.category, "").Path, path)
		}
	}
	return path
}

// graphics are the pictures of ways to sign in.
func (i *images) graphics(theme brand.Look) map[string]Picture {
	graphics := map[string]Picture{}
	for way, category := range map[string]string{
		"email": cognitoidp.AssetCategoryTypeEmailGraphic, "sms": cognitoidp.AssetCategoryTypeSmsGraphic,
		"app": cognitoidp.AssetCategoryTypeAuthAppGraphic, "password": cognitoidp.AssetCategoryTypePasswordGraphic,
		"passkey": cognitoidp.AssetCategoryTypePasskeyGraphic,
	} {
		if p := i.picture(category, ""); theme.Graphics && p.Path != "" {
			graphics[way] = p
		}
	}
	return graphics
}

func (i *images) providerIcons(theme brand.Look) map[string]string {
	icons := map[string]string{}
	for _, place := range i.places {
		if place.Category == cognitoidp.AssetCategoryTypeIdpButtonIcon && theme.Providers.Icons {
			icons[place.Resource] = i.picture(place.Category, place.Resource).Path
		}
	}
	return icons
}

// picture is the image of a category and a resource, in the colour schemes that the pages have.
func (i *images) picture(category, resource string) (p Picture) {
	const light, dark, dynamic = cognitoidp.ColorSchemeModeTypeLight, cognitoidp.ColorSchemeModeTypeDark, cognitoidp.ColorSchemeModeTypeDynamic
	switch i.schemes {
	case dark:
		p.Path = i.first(category, resource, dark, dynamic)
	case light:
		p.Path = i.first(category, resource, light, dynamic)
	default:
		p = Picture{i.first(category, resource, light, dynamic), i.first(category, resource, dark)}
		if p.Path == "" {
			p.Path = p.Dark
		}
	}
	return p
}

// first is the path of an image for the first of the modes that has one.
func (i *images) first(category, resource string, modes ...string) string {
	for _, mode := range modes {
		for _, place := range i.places {
			if place.Category == category && place.ColorMode == mode && (resource == "" || place.Resource == resource) {
				return i.base + place.Name + "." + brand.Extension[place.Extension]
			}
		}
	}
	return ""
}
