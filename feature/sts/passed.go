package sts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
	"cardea/spec/iampolicy/awsmanaged"
	"cardea/spec/sts"
)

// Bounds of the policies that a request passes to narrow a session.
const (
	maxPolicy   = 2048 // characters
	maxPolicies = 10
)

// passed is what a request passes to narrow a session.
type passed struct {
	policy      string
	descriptors []sts.PolicyDescriptorType
	policies    []string // the ARNs in descriptors, once check has succeeded
}

// check makes sure that the policies are policies, and that managed ones are there.
func (s *Service) check(ctx context.Context, p *passed) error {
	if utf8.RuneCountInString(p.policy) > maxPolicy {
		return tooLong("policy", maxPolicy)
	}
	if len(p.descriptors) > maxPolicies {
		return tooLong("policyArns", maxPolicies)
	}
	if p.policy != "" {
		if _, err := iampolicy.Parse(p.policy, iampolicy.SessionPolicy); err != nil {
			return err
		}
	}
	for _, d := range p.descriptors {
		if d.Arn == "" {
			return invalid("1 validation error detected: Value null at 'policyArns' failed to satisfy constraint: Member must not be null")
		}
		if !slices.Contains(p.policies, d.Arn) {
			p.policies = append(p.policies, d.Arn)
		}
	}
	if len(p.policies) == 0 {
		return nil
	}
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		for _, name := range p.policies {
			if err := s.attachable(tx, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// attachable makes sure that there is a managed policy.
func (s *Service) attachable(tx *db.Tx, name string) error {
	parsed, ok := arn.Parse(name)
	if !ok || parsed.Partition != s.Account.Partition || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "policy/") {
		return invalid("ARN " + name + " is not valid.")
	}
	if _, known := awsmanaged.Get(name); known {
		return nil
	}
	_, err := policy.Get(tx, name)
	if errors.Is(err, db.ErrNotFound) {
		return sts.MalformedPolicyDocument("Policy " + name + " does not exist or is not attachable.")
	}
	return err
}

func tooLong(member string, most int) error {
	return invalid(fmt.Sprintf("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, most))
}
