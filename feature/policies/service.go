package policies

import (
	"errors"
	"strconv"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/policy"
	"cardea/spec/arn"
	"cardea/spec/iam"
	"cardea/spec/iampolicy/awsmanaged"
)

// Service answers the operations.
type Service struct {
	DB      *db.DB
	Pages   *page.Codec
	Account arn.Account
	// Authorizer has the policies of those whose requests are simulated.
	Authorizer *authorization.Authorizer
}

var _ iam.Policies = (*Service)(nil)

// own finds a policy of the account, which alone may be changed.
func (s *Service) own(tx *db.Tx, policyARN string) (*policy.Managed, error) {
	if !iamentity.IsPolicyARN(policyARN) {
		return nil, &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.NoPolicyARN}
	}
	if !s.isOwn(policyARN) {
		return nil, &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.ForeignPolicy}
	}
	m, err := policy.Get(tx, policyARN)
	if errors.Is(err, db.ErrNotFound) {
		return nil, &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.UnknownPolicy}
	}
	return m, err
}

func (s *Service) isOwn(policyARN string) bool {
	return strings.HasPrefix(policyARN, s.Account.IAM(""))
}

// readable finds a policy that may be read, with its versions, the newest first: the account's, or one that AWS manages.
func (s *Service) readable(tx *db.Tx, policyARN string) (*policy.Managed, []*policy.Version, error) {
	if p, found := iamentity.OfAWS(s.Account, policyARN); found {
		m, v := s.asManaged(p)
		return m, []*policy.Version{v}, nil
	}
	m, err := s.own(tx, policyARN)
	if foreign, ok := errors.AsType[*iamentity.PolicyError](err); ok && foreign.Reason == iamentity.ForeignPolicy {
		return nil, nil, &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.UnknownPolicy}
	}
	if err != nil {
		return nil, nil, err
	}
	versions, err := policy.Versions(tx, m.ID)
	return m, versions, err
}

// asManaged shows a policy that AWS manages as one of the account's, with its only version.
func (s *Service) asManaged(p *awsmanaged.Policy) (*policy.Managed, *policy.Version) {
	number, _ := strconv.ParseInt(strings.TrimPrefix(p.Version, "v"), 10, 64) // of the program's own data
	m := &policy.Managed{
		ID: p.ID, ARN: p.ARN(s.Account.Partition), Name: p.Name, Path: p.Path, Default: number, Last: number,
		Doc: policy.Doc{Description: p.Description}, Created: p.Changed, Updated: p.Changed,
	}
	return m, &policy.Version{Number: number, Document: p.Compiled.Document(), Created: p.Changed}
}
