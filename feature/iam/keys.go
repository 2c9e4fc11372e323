package iam

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/principal"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// never is what stands for service and Region of a key that was never used.
const never = "N/A"

// CreateAccessKey makes an access key of a user, or of who has signed the request if none is named. The answer has its secret,
// which is never shown again.
func (s *Service) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyRequest) (*iam.CreateAccessKeyResponse, error) {
	key, secret := &accesskey.Key{ID: accesskey.NewID(), Status: accesskey.Active}, accesskey.NewSecret()
	var of owner
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if of, _, err = ownerOf(ctx, tx, in.UserName); err != nil {
			return err
		}
		keys, err := accesskey.List(tx, of.id)
		if err != nil {
			return err
		}
		if err := iamentity.AccessKeysPerUser.Check(len(keys)); err != nil {
			return err
		}
		box, err := s.Ring.ServerBox(tx)
		if err != nil {
			return err
		}
		key.Owner, key.Sealed = of.id, box.Seal(accesskey.Label(key.ID), []byte(secret))
		return accesskey.Insert(tx, key)
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateAccessKeyResponse{AccessKey: &iam.AccessKey{
		UserName: of.name, AccessKeyId: key.ID, Status: key.Status, SecretAccessKey: secret, CreateDate: awsjson.At(key.Created),
	}}, nil
}

// UpdateAccessKey makes a key active or inactive.
func (s *Service) UpdateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyRequest) error {
	if in.Status != accesskey.Active && in.Status != accesskey.Inactive {
		return iam.InvalidInput("The status of an access key can be set to Active or Inactive.")
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := checkKey(ctx, tx, in.UserName, in.AccessKeyId); err != nil {
			return err
		}
		return accesskey.SetStatus(tx, in.AccessKeyId, in.Status)
	})
}

// DeleteAccessKey forgets a key.
func (s *Service) DeleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := checkKey(ctx, tx, in.UserName, in.AccessKeyId); err != nil {
			return err
		}
		return accesskey.Delete(tx, in.AccessKeyId)
	})
}

// checkKey refuses a key that is not the user's, or not of who has signed the request if no user is named.
func checkKey(ctx context.Context, tx *db.Tx, userName, keyID string) error {
	of, _, err := ownerOf(ctx, tx, userName)
	if err != nil {
		return err
	}
	key, err := accesskey.Get(tx, keyID)
	if errors.Is(err, db.ErrNotFound) || err == nil && key.Owner != of.id {
		return iam.NoSuchEntity("The Access Key with id " + keyID + " cannot be found.")
	}
	return err
}

// ListAccessKeys lists the keys of a user, or of who has signed the request if none is named, the oldest first.
func (s *Service) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysRequest) (*iam.ListAccessKeysResponse, error) {
	var of owner
	var list []*accesskey.Key
	var next string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if of, _, err = ownerOf(ctx, tx, in.UserName); err != nil {
			return err
		}
		keys, err := accesskey.List(tx, of.id)
		if err != nil {
			return err
		}
		slices.SortFunc(keys, func(a, b *accesskey.Key) int { return strings.Compare(placeOf(a), placeOf(b)) })
		q := iamentity.Query{Binding: "ListAccessKeys/" + of.id, Marker: in.Marker, MaxItems: in.MaxItems}
		list, next, err = iamentity.Page(s.Pages, q, iamentity.Among(keys, placeOf), placeOf)
		return err
	})
	if err != nil {
		return nil, err
	}
	one := func(key *accesskey.Key) iam.AccessKeyMetadata {
		return iam.AccessKeyMetadata{
			UserName: of.name, AccessKeyId: key.ID, Status: key.Status, CreateDate: awsjson.At(key.Created),
		}
	}
	return &iam.ListAccessKeysResponse{AccessKeyMetadata: describe(list, one), IsTruncated: next != "", Marker: next}, nil
}

// placeOf is a key's place in the list of an owner's.
func placeOf(key *accesskey.Key) string { return key.Created.Format("20060102150405.000") + key.ID }

// GetAccessKeyLastUsed tells when a key was last used, for which service and in which Region, to the minute.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, in *iam.GetAccessKeyLastUsedRequest) (*iam.GetAccessKeyLastUsedResponse, error) {
	out := &iam.GetAccessKeyLastUsedResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		key, err := accesskey.Get(tx, in.AccessKeyId)
		if errors.Is(err, db.ErrNotFound) {
			return s.unknownKey(ctx, in.AccessKeyId)
		}
		if err != nil {
			return err
		}
		out.AccessKeyLastUsed = lastUse(key.Last)
		if key.Owner == "" {
			return nil
		}
		user, err := principal.ByID(tx, key.Owner)
		if err != nil {
			return err
		}
		out.UserName = user.Name
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// unknownKey is how IAM answers who asks for a key that there is not: as if it were another account's.
func (s *Service) unknownKey(ctx context.Context, keyID string) error {
	caller := s.Account.Root()
	if signer := authorization.From(ctx); signer != nil {
		caller = signer.ARN
	}
	return &awsjson.Fault{
		Code:    "AccessDenied",
		Message: "User: " + caller + " is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key " + keyID,
		Status:  http.StatusForbidden,
	}
}

// lastUse describes the last use of a key.
func lastUse(u accesskey.Use) *iam.AccessKeyLastUsed {
	if u.At.IsZero() {
		return &iam.AccessKeyLastUsed{ServiceName: never, Region: never}
	}
	return &iam.AccessKeyLastUsed{LastUsedDate: awsjson.At(u.At), ServiceName: u.Service, Region: u.Region}
}
