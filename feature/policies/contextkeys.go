package policies

import (
	"context"
	"fmt"
	"strings"

	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// GetContextKeysForCustomPolicy lists the condition keys that the policies of the request name.
func (s *Service) GetContextKeysForCustomPolicy(_ context.Context, in *iam.GetContextKeysForCustomPolicyRequest) (*iam.GetContextKeysForPolicyResponse, error) {
	m := newSimulation()
	if err := m.brings(in.PolicyInputList, nil); err != nil {
		return nil, err
	}
	return contextKeys(m.set.Identity), nil
}

// GetContextKeysForPrincipalPolicy lists the condition keys that the policies of a role, a user or a group name, and those of the
// request.
func (s *Service) GetContextKeysForPrincipalPolicy(ctx context.Context, in *iam.GetContextKeysForPrincipalPolicyRequest) (*iam.GetContextKeysForPolicyResponse, error) {
	entity, err := s.simulated(ctx, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	set, _, err := s.Authorizer.Policies(ctx, entity.ID)
	if err != nil {
		return nil, fmt.Errorf("policies of %s: %w", in.PolicySourceArn, err)
	}
	m := newSimulation()
	if err := m.brings(in.PolicyInputList, nil); err != nil {
		return nil, err
	}
	return contextKeys(append(set.Policies(), m.set.Identity...)), nil
}

// contextKeys are the keys of policies, each once.
func contextKeys(policies []*iampolicy.Policy) *iam.GetContextKeysForPolicyResponse {
	out := &iam.GetContextKeysForPolicyResponse{ContextKeyNames: []string{}}
	for _, p := range policies {
		out.ContextKeyNames = union(out.ContextKeyNames, p.Keys(), strings.EqualFold)
	}
	return out
}
