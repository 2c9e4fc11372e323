package branding

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/brand"
	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Look is how the pages of a client look. What is empty is as in the server's own look.
type Look struct {
	Style    string // a style sheet that goes over the pages' own
	Logo     string // the path of an image, and DarkLogo of another for the dark scheme
	DarkLogo string
	Icon     string // the path of an icon
}

// Look is how pages look on a site: by the client's managed login style, or on a classic one by its customization or the pool's.
func (s *Service) Look(ctx context.Context, site *issuer.Site, client id.Client) (look Look, err error) {
	find := s.managedLook
	if site.Version == 1 {
		find = s.classicLook
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

func (s *Service) classicLook(tx *db.Tx, site *issuer.Site, client id.Client) (Look, error) {
	b, err := branding.Find(tx, site.Pool, branding.Classic, string(client))
	if errors.Is(err, db.ErrNotFound) {
		b, err = branding.Find(tx, site.Pool, branding.Classic, branding.All)
	}
	if err != nil {
		return Look{}, fmt.Errorf("find customization: %w", err)
	}
	images, err := branding.Places(tx, b)
	if err != nil {
		return Look{}, fmt.Errorf("list images: %w", err)
	}
	look := Look{Style: b.Sheet, Logo: placed(site, images, logo, cognitoidp.ColorSchemeModeTypeDynamic)}
	if look.Style != "" {
		look.Style = lightOnly + look.Style
	}
	return look, nil
}

func (s *Service) managedLook(tx *db.Tx, site *issuer.Site, client id.Client) (Look, error) {
	b, err := branding.Find(tx, site.Pool, branding.Managed, string(client))
	if err != nil {
		return Look{}, fmt.Errorf("find style: %w", err)
	}
	images, err := branding.Places(tx, b)
	if err != nil {
		return Look{}, fmt.Errorf("list images: %w", err)
	}
	theme, err := brand.Theme([]byte(b.Settings))
	if err != nil {
		return Look{}, err
	}

	const light, dark, dynamic = cognitoidp.ColorSchemeModeTypeLight, cognitoidp.ColorSchemeModeTypeDark, cognitoidp.ColorSchemeModeTypeDynamic
	look := Look{Style: theme.Style, Icon: placed(site, images, cognitoidp.AssetCategoryTypeFaviconSvg, dynamic, light, dark)}
	if look.Icon == "" {
		look.Icon = placed(site, images, cognitoidp.AssetCategoryTypeFaviconIco, dynamic, light, dark)
	}
	const form = cognitoidp.AssetCategoryTypeFormLogo
	switch {
	case !theme.Logo:
	case theme.Schemes == dark:
		look.Logo = placed(site, images, form, dark, dynamic)
	case theme.Schemes == light:
		look.Logo = placed(site, images, form, light, dynamic)
	default:
		look.Logo, look.DarkLogo = placed(site, images, form, light, dynamic), placed(site, images, form, dark)
		if look.Logo == "" {
			look.Logo = look.DarkLogo
		}
	}
	return look, nil
}

// placed is the path of the image of a category, for the first of the modes that has one.
func placed(site *issuer.Site, images []branding.Place, category string, modes ...string) string {
	for _, mode := range modes {
		for _, i := range images {
			if i.Category == category && i.ColorMode == mode {
				return site.Path + "/assets/" + i.Name + "." + brand.Extension[i.Extension]
			}
		}
	}
	return ""
}
