package branding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/brand"
	"cardea/platform/db"
	"cardea/record/branding"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// kind names a style in faults.
const kind = "Managed login branding"

// CreateManagedLoginBranding gives a client a style: the server's own look, or settings.
func (s *Service) CreateManagedLoginBranding(ctx context.Context, in *cognitoidp.CreateManagedLoginBrandingRequest) (*cognitoidp.CreateManagedLoginBrandingResponse, error) {
	if in.UseCognitoProvidedValues == (in.Settings != nil) {
		return nil, either()
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	images, err := cleaned(in.Assets)
	if err != nil {
		return nil, err
	}

	b := &branding.Branding{
		Pool: id.Pool(in.UserPoolId), Kind: branding.Managed, Client: in.ClientId, ID: id.NewUUID(),
		Provided: in.UseCognitoProvidedValues, Settings: string(in.Settings),
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, _, err := access.PoolClient(tx, in.UserPoolId, in.ClientId); err != nil {
			return err
		}
		err := branding.Insert(tx, b)
		if errors.Is(err, db.ErrExists) {
			return cognitoidp.ManagedLoginBrandingExists("The client " + in.ClientId + " already has a managed login branding style.")
		}
		if err != nil {
			return err
		}
		return branding.SetImages(tx, b, images)
	})
	if err != nil {
		return nil, err
	}
	shown, err := style(b, images, false)
	return &cognitoidp.CreateManagedLoginBrandingResponse{ManagedLoginBranding: shown}, err
}

// DescribeManagedLoginBranding shows a style.
func (s *Service) DescribeManagedLoginBranding(ctx context.Context, in *cognitoidp.DescribeManagedLoginBrandingRequest) (*cognitoidp.DescribeManagedLoginBrandingResponse, error) {
	shown, err := s.describe(ctx, in.ReturnMergedResources, func(tx *db.Tx) (*branding.Branding, error) {
		return managed(tx, in.UserPoolId, in.ManagedLoginBrandingId)
	})
	return &cognitoidp.DescribeManagedLoginBrandingResponse{ManagedLoginBranding: shown}, err
}

// DescribeManagedLoginBrandingByClient shows the style of a client.
func (s *Service) DescribeManagedLoginBrandingByClient(ctx context.Context, in *cognitoidp.DescribeManagedLoginBrandingByClientRequest) (*cognitoidp.DescribeManagedLoginBrandingByClientResponse, error) {
	shown, err := s.describe(ctx, in.ReturnMergedResources, func(tx *db.Tx) (*branding.Branding, error) {
		p, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return nil, err
		}
		b, err := branding.Find(tx, p.ID, branding.Managed, string(c.ID))
		return b, found(err, kind+" of client", in.ClientId)
	})
	return &cognitoidp.DescribeManagedLoginBrandingByClientResponse{ManagedLoginBranding: shown}, err
}

// describe shows the style that find finds.
func (s *Service) describe(ctx context.Context, merged bool, find func(tx *db.Tx) (*branding.Branding, error)) (shown *cognitoidp.ManagedLoginBrandingType, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err := find(tx)
		if err != nil {
			return err
		}
		images, err := branding.Images(tx, b)
		if err != nil {
			return fmt.Errorf("read images: %w", err)
		}
		shown, err = style(b, images, merged)
		return err
	})
	return shown, err
}

// UpdateManagedLoginBranding replaces the members of a style that the request gives, and leaves the others as they are.
func (s *Service) UpdateManagedLoginBranding(ctx context.Context, in *cognitoidp.UpdateManagedLoginBrandingRequest) (*cognitoidp.UpdateManagedLoginBrandingResponse, error) {
	if in.UseCognitoProvidedValues && in.Settings != nil {
		return nil, either()
	}
	if in.UserPoolId == "" || in.ManagedLoginBrandingId == "" { // the model does not require them
		return nil, cognitoidp.InvalidParameter("UserPoolId and ManagedLoginBrandingId are required.")
	}
	if err := checkSettings(in.Settings); err != nil {
		return nil, err
	}
	images, err := cleaned(in.Assets)
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.UpdateManagedLoginBrandingResponse{}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := managed(tx, in.UserPoolId, in.ManagedLoginBrandingId)
		if err != nil {
			return err
		}
		if in.UseCognitoProvidedValues || in.Settings != nil {
			b.Provided, b.Settings = in.UseCognitoProvidedValues, string(in.Settings)
		}
		if err := branding.Update(tx, b); err != nil {
			return err
		}
		shown := images
		if in.Assets != nil {
			err = branding.SetImages(tx, b, images)
		} else {
			shown, err = branding.Images(tx, b)
		}
		if err != nil {
			return err
		}
		out.ManagedLoginBranding, err = style(b, shown, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteManagedLoginBranding takes a style from its client.
func (s *Service) DeleteManagedLoginBranding(ctx context.Context, in *cognitoidp.DeleteManagedLoginBrandingRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := managed(tx, in.UserPoolId, in.ManagedLoginBrandingId)
		if err != nil {
			return err
		}
		return branding.Delete(tx, b.Pool, b.ID)
	})
}

// managed finds a style of a pool.
func managed(tx *db.Tx, poolID, brandingID string) (*branding.Branding, error) {
	p, err := access.Pool(tx, poolID)
	if err != nil {
		return nil, err
	}
	b, err := branding.Get(tx, p.ID, brandingID)
	if err == nil && b.Kind != branding.Managed {
		err = db.ErrNotFound
	}
	return b, found(err, kind, brandingID)
}

// style is a style as operations show it: as it was given, or completed by the defaults.
func style(b *branding.Branding, images []branding.Image, merged bool) (*cognitoidp.ManagedLoginBrandingType, error) {
	shown := &cognitoidp.ManagedLoginBrandingType{
		ManagedLoginBrandingId: b.ID, UserPoolId: string(b.Pool), UseCognitoProvidedValues: b.Provided, Settings: json.RawMessage(b.Settings),
		CreationDate: awsjson.At(b.Created), LastModifiedDate: awsjson.At(b.Modified),
	}
	if b.Settings == "" {
		shown.Settings = nil
	}
	if merged {
		settings, err := brand.Merged([]byte(b.Settings))
		if err != nil {
			return nil, err
		}
		shown.Settings = settings
	}
	for _, i := range images {
		shown.Assets = append(shown.Assets, cognitoidp.AssetType{
			Category: i.Category, ColorMode: i.ColorMode, Extension: i.Extension, ResourceId: i.Resource, Bytes: i.Given,
		})
	}
	return shown, nil
}

func either() error {
	return cognitoidp.InvalidParameter("useCognitoProvidedValues or settings should be specified (but not both)")
}

func checkSettings(settings json.RawMessage) error {
	if settings == nil {
		return nil
	}
	return brand.Check(settings)
}
