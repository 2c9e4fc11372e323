package policies

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// CreatePolicyVersion adds a version to a policy of the account. Numbers are never given again.
func (s *Service) CreatePolicyVersion(ctx context.Context, in *iam.CreatePolicyVersionRequest) (*iam.CreatePolicyVersionResponse, error) {
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	var answer iam.PolicyVersion
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.own(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		versions, err := policy.Versions(tx, m.ID)
		if err != nil {
			return err
		}
		if iamentity.VersionsPerPolicy.Check(len(versions)) != nil {
			return iam.LimitExceeded(fmt.Sprintf("A managed policy can have up to %d versions. "+
				"Before you create a new version, you must delete an existing version.", iamentity.VersionsPerPolicy.Most))
		}
		m.Last++
		if in.SetAsDefault {
			m.Default = m.Last
		}
		m.Updated = tx.Now
		answer = describeVersion(m, &policy.Version{Number: m.Last, Created: tx.Now})
		if err := policy.AddVersion(tx, m.ID, m.Last, in.PolicyDocument); err != nil {
			return err
		}
		return policy.Update(tx, m)
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreatePolicyVersionResponse{PolicyVersion: &answer}, nil
}

// GetPolicyVersion describes a version of a managed policy, with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionRequest) (*iam.GetPolicyVersionResponse, error) {
	var answer iam.PolicyVersion
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		m, versions, err := s.readable(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(versions, func(v *policy.Version) bool { return versionID(v.Number) == in.VersionId })
		if at < 0 {
			return &iamentity.PolicyError{ARN: in.PolicyArn, Version: in.VersionId, Reason: iamentity.UnknownVersion}
		}
		v := versions[at]
		answer = describeVersion(m, v)
		answer.Document = iamentity.Document(v.Document)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyVersionResponse{PolicyVersion: &answer}, nil
}

// ListPolicyVersions lists the versions of a managed policy, the newest first.
func (s *Service) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsRequest) (*iam.ListPolicyVersionsResponse, error) {
	q := iamentity.Query{Binding: "ListPolicyVersions/" + in.PolicyArn, Marker: in.Marker, MaxItems: in.MaxItems}
	out := &iam.ListPolicyVersionsResponse{Versions: []iam.PolicyVersion{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		m, versions, err := s.readable(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		list, next, err := iamentity.Page(s.Pages, q, iamentity.Among(versions, versionCursor), versionCursor)
		if err != nil {
			return err
		}
		out.Versions = out.Versions[:0]
		for _, v := range list {
			out.Versions = append(out.Versions, describeVersion(m, v))
		}
		out.Marker, out.IsTruncated = next, next != ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// versionCursor grows from newer to older versions.
func versionCursor(v *policy.Version) string { return fmt.Sprintf("%019d", math.MaxInt64-v.Number) }

// DeletePolicyVersion removes a version of a policy of the account that is not the default one.
func (s *Service) DeletePolicyVersion(ctx context.Context, in *iam.DeletePolicyVersionRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, v, err := s.version(tx, in.PolicyArn, in.VersionId)
		if err != nil {
			return err
		}
		if v.Number == m.Default {
			return iam.DeleteConflict("Cannot delete the default version of a policy.")
		}
		if err := policy.DeleteVersion(tx, m.ID, v.Number); err != nil {
			return err
		}
		return policy.Update(tx, m)
	})
}

// SetDefaultPolicyVersion puts a version of a policy of the account into force.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, in *iam.SetDefaultPolicyVersionRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, v, err := s.version(tx, in.PolicyArn, in.VersionId)
		if err != nil {
			return err
		}
		m.Default = v.Number
		return policy.Update(tx, m)
	})
}

// version finds a version of a policy of the account.
func (s *Service) version(tx *db.Tx, policyARN, id string) (*policy.Managed, *policy.Version, error) {
	m, err := s.own(tx, policyARN)
	if err != nil {
		return nil, nil, err
	}
	unknown := &iamentity.PolicyError{ARN: policyARN, Version: id, Reason: iamentity.UnknownVersion}
	number, err := strconv.ParseInt(strings.TrimPrefix(id, "v"), 10, 64)
	if err != nil {
		return nil, nil, unknown
	}
	v, err := policy.GetVersion(tx, m.ID, number)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, unknown
	}
	return m, v, err
}

// describeVersion is a version as lists have it: without its document.
func describeVersion(m *policy.Managed, v *policy.Version) iam.PolicyVersion {
	return iam.PolicyVersion{
		VersionId:        versionID(v.Number),
		IsDefaultVersion: v.Number == m.Default,
		CreateDate:       awsjson.At(v.Created),
	}
}
