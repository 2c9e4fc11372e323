package branding

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/brand"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// logo is the category of a classic customization's one image.
const logo = "LOGO"

// versionForm is a moment as the version of a style sheet.
const versionForm = "20060102150405"

// SetUICustomization replaces the classic customization of a client or, for ALL, of the pool: style sheet and logo. Without
// either it takes the customization away.
func (s *Service) SetUICustomization(ctx context.Context, in *cognitoidp.SetUICustomizationRequest) (*cognitoidp.SetUICustomizationResponse, error) {
	client := orAll(in.ClientId)
	sheet, images, err := classic(in)
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.SetUICustomizationResponse{UICustomization: &cognitoidp.UICustomizationType{}}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := customized(tx, in.UserPoolId, client)
		if err != nil {
			return err
		}
		b, err := branding.Find(tx, p.ID, branding.Classic, client)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return fmt.Errorf("find customization: %w", err)
		}
		if in.CSS == "" && len(images) == 0 {
			if b == nil || errors.Is(err, db.ErrNotFound) {
				return nil
			}
			return branding.Delete(tx, p.ID, b.ID)
		}
		if p.Doc.Domain == "" && p.Doc.CustomDomain == "" {
			return cognitoidp.InvalidParameter("A domain must be associated with this user pool.")
		}

		change := branding.Update
		if errors.Is(err, db.ErrNotFound) {
			b, change = &branding.Branding{Pool: p.ID, Kind: branding.Classic, Client: client, ID: id.NewUUID()}, branding.Insert
		}
		b.CSS, b.Sheet = in.CSS, sheet
		if err := errors.Join(change(tx, b), branding.SetImages(tx, b, images)); err != nil {
			return err
		}
		out.UICustomization = s.customization(p, b, images)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GetUICustomization shows the classic customization of a client: its own, or the pool's, or none.
func (s *Service) GetUICustomization(ctx context.Context, in *cognitoidp.GetUICustomizationRequest) (*cognitoidp.GetUICustomizationResponse, error) {
	client := orAll(in.ClientId)
	out := &cognitoidp.GetUICustomizationResponse{UICustomization: &cognitoidp.UICustomizationType{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := customized(tx, in.UserPoolId, client)
		if err != nil {
			return err
		}
		b, err := branding.Find(tx, p.ID, branding.Classic, client)
		if errors.Is(err, db.ErrNotFound) && client != branding.All {
			b, err = branding.Find(tx, p.ID, branding.Classic, branding.All)
		}
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find customization: %w", err)
		}
		images, err := branding.Images(tx, b)
		if err != nil {
			return fmt.Errorf("read images: %w", err)
		}
		out.UICustomization = s.customization(p, b, images)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// classic checks a customization: the style sheet as it will be served, and the logo.
func classic(in *cognitoidp.SetUICustomizationRequest) (sheet string, images []branding.Image, err error) {
	if sheet, err = brand.Classic(in.CSS); err != nil {
		return "", nil, err
	}
	if len(in.ImageFile) == 0 {
		return sheet, nil, nil
	}
	cleaned, err := brand.Clean(brand.Sniff(in.ImageFile), in.ImageFile)
	if err != nil {
		return "", nil, err
	}
	return sheet, []branding.Image{{
		Category: logo, ColorMode: cognitoidp.ColorSchemeModeTypeDynamic, Extension: cleaned.Type, Given: in.ImageFile, Served: cleaned.Bytes,
	}}, nil
}

// customized finds the pool of a customization, and makes sure that its client exists.
func customized(tx *db.Tx, poolID, client string) (*pool.Pool, error) {
	if client == branding.All {
		return access.Pool(tx, poolID)
	}
	p, _, err := access.PoolClient(tx, poolID, client)
	return p, err
}

// customization is a customization as operations show it.
func (s *Service) customization(p *pool.Pool, b *branding.Branding, images []branding.Image) *cognitoidp.UICustomizationType {
	shown := &cognitoidp.UICustomizationType{
		UserPoolId: string(b.Pool), ClientId: b.Client, CSS: b.CSS, CSSVersion: b.Modified.Format(versionForm),
		CreationDate: awsjson.At(b.Created), LastModifiedDate: awsjson.At(b.Modified),
	}
	if base := s.Names.PoolURL(p); base != "" && len(images) > 0 {
		shown.ImageUrl = base + "/assets/" + images[0].Name() + "." + brand.Extension[images[0].Extension]
	}
	return shown
}

func orAll(client string) string {
	if client == "" {
		return branding.All
	}
	return client
}
