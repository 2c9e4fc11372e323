package policies

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// CreatePolicy adds a managed policy to the account.
func (s *Service) CreatePolicy(ctx context.Context, in *iam.CreatePolicyRequest) (*iam.CreatePolicyResponse, error) {
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	tags, err := iamentity.ExactKeys.Merge(nil, in.Tags)
	if err != nil {
		return nil, err
	}

	path := iamentity.Path(in.Path)
	var m *policy.Managed
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		have, err := policy.Count(tx)
		if err != nil {
			return err
		}
		if err := iamentity.Policies.Check(have); err != nil {
			return err
		}
		m = &policy.Managed{
			ARN: s.Account.IAM("policy" + path + in.PolicyName), Name: in.PolicyName, Path: path,
			Doc: policy.Doc{Description: in.Description, Tags: tags},
		}
		err = policy.Insert(tx, m, in.PolicyDocument)
		if errors.Is(err, db.ErrExists) {
			return &iamentity.ExistsError{Kind: "policy", Name: in.PolicyName}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := describe(m, policy.Usage{})
	answer.Tags = tags
	return &iam.CreatePolicyResponse{Policy: &answer}, nil
}

// checkManaged checks the document of a managed policy.
func checkManaged(document string) error {
	if err := iamentity.PolicySize.CheckSize(document); err != nil {
		return err
	}
	_, err := iampolicy.Parse(document, iampolicy.Managed)
	return err
}

// GetPolicy describes a managed policy.
func (s *Service) GetPolicy(ctx context.Context, in *iam.GetPolicyRequest) (*iam.GetPolicyResponse, error) {
	var answer iam.Policy
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		m, _, err := s.readable(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		usage, err := policy.UsageOf(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		answer = describe(m, usage)
		answer.Description, answer.Tags = m.Doc.Description, m.Doc.Tags
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyResponse{Policy: &answer}, nil
}

// DeletePolicy removes a managed policy that nobody has and whose only version is the default one.
func (s *Service) DeletePolicy(ctx context.Context, in *iam.DeletePolicyRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.own(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		usage, err := policy.UsageOf(tx, m.ARN)
		if err != nil {
			return err
		}
		if usage != (policy.Usage{}) {
			return iam.DeleteConflict("Cannot delete a policy attached to entities.")
		}
		versions, err := policy.Versions(tx, m.ID)
		if err != nil {
			return err
		}
		if len(versions) > 1 {
			return iam.DeleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
				"The default version is deleted with the policy.")
		}
		return policy.Delete(tx, m)
	})
}

// describe is a managed policy as lists have it: without description and tags.
func describe(m *policy.Managed, usage policy.Usage) iam.Policy {
	return iam.Policy{
		PolicyName:                    m.Name,
		PolicyId:                      m.ID,
		Arn:                           m.ARN,
		Path:                          m.Path,
		DefaultVersionId:              versionID(m.Default),
		AttachmentCount:               usage.Attached,
		PermissionsBoundaryUsageCount: usage.Boundary,
		IsAttachable:                  true,
		CreateDate:                    awsjson.At(m.Created),
		UpdateDate:                    awsjson.At(m.Updated),
	}
}

func versionID(number int64) string { return fmt.Sprint("v", number) }
