package branding

import (
	"context"
	"slices"

	"cardea/engine/brand"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// extensions are the types that the images of a category may have; of others it is pictures.
var extensions = map[string][]string{
	cognitoidp.AssetCategoryTypeFaviconIco:    {brand.ICO},
	cognitoidp.AssetCategoryTypeFaviconSvg:    {brand.SVG},
	cognitoidp.AssetCategoryTypeIdpButtonIcon: {brand.ICO, brand.SVG},
}

var pictures = []string{brand.PNG, brand.SVG, brand.JPEG, brand.WEBP}

// cleaned checks the images of a style, and writes each anew.
func cleaned(assets []cognitoidp.AssetType) ([]branding.Image, error) {
	type place struct{ category, mode, resource string }
	seen := map[place]bool{}
	var images []branding.Image
	for _, asset := range assets {
		allowed, ok := extensions[asset.Category]
		if !ok {
			allowed = pictures
		}
		if !slices.Contains(allowed, asset.Extension) {
			return nil, cognitoidp.InvalidParameter("The extension " + asset.Extension + " is not allowed for assets of category " + asset.Category + ".")
		}
		here := place{asset.Category, asset.ColorMode, asset.ResourceId}
		if seen[here] {
			return nil, cognitoidp.InvalidParameter("There are two assets of category " + asset.Category + " for the color mode " + asset.ColorMode + ".")
		}
		seen[here] = true
		served, err := brand.Clean(asset.Extension, asset.Bytes)
		if err != nil {
			return nil, err
		}
		images = append(images, branding.Image{
			Category: asset.Category, ColorMode: asset.ColorMode, Extension: asset.Extension, Resource: asset.ResourceId,
			Given: asset.Bytes, Served: served.Bytes,
		})
	}
	return images, nil
}

// Image finds the image of a pool that its pages name, or answers db.ErrNotFound.
func (s *Service) Image(ctx context.Context, pool id.Pool, name string) (image brand.Image, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found, err := branding.FindImage(tx, pool, name)
		image = brand.Image{Type: found.Extension, Bytes: found.Served}
		return err
	})
	return image, err
}
