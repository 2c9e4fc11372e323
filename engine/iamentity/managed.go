package iamentity

import (
	"errors"
	"strings"

	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/arn"
	"cardea/spec/iampolicy/awsmanaged"
)

// PolicyError says why a managed policy cannot be used as it was to be.
type PolicyError struct {
	ARN     string
	Version string // of UnknownVersion
	Reason  PolicyReason
}

// PolicyReason is a reason of a PolicyError.
type PolicyReason int

// The reasons.
const (
	NoPolicyARN    PolicyReason = iota // the text is no ARN of a managed policy
	UnknownPolicy                      // there is none
	Unattachable                       // there is none that could be attached
	Unbounding                         // there is none that could be a permissions boundary
	ForeignPolicy                      // it is AWS's, or another account's, to change
	UnknownVersion                     // the policy has no such version
)

// Error is for logs.
func (e *PolicyError) Error() string { return "managed policy " + e.ARN + " cannot be used" }

// IsPolicyARN reports whether a text is the ARN of a managed policy, whosoever's.
func IsPolicyARN(text string) bool {
	a, ok := arn.Parse(text)
	return ok && a.Service == "iam" && a.Region == "" && a.Account != "" && strings.HasPrefix(a.Resource, "policy/")
}

// PolicyName is the path and the name of the managed policy with an ARN.
func PolicyName(policyARN string) (path, name string) {
	_, resource, _ := strings.Cut(policyARN, ":policy/")
	at := strings.LastIndexByte(resource, '/') + 1
	return "/" + resource[:at], resource[at:]
}

// OfAWS finds a policy that AWS manages by its ARN in the account's partition.
func OfAWS(account arn.Account, policyARN string) (*awsmanaged.Policy, bool) {
	p, found := awsmanaged.Get(policyARN)
	return p, found && p.ARN(account.Partition) == policyARN
}

// Usable answers a *PolicyError with the reason given if there is no managed policy to attach.
func Usable(tx *db.Tx, account arn.Account, policyARN string, reason PolicyReason) error {
	if !IsPolicyARN(policyARN) {
		return &PolicyError{ARN: policyARN, Reason: NoPolicyARN}
	}
	if _, found := OfAWS(account, policyARN); found {
		return nil
	}
	_, err := policy.Get(tx, policyARN)
	if errors.Is(err, db.ErrNotFound) {
		return &PolicyError{ARN: policyARN, Reason: reason}
	}
	return err
}

// SetBoundary makes a managed policy the permissions boundary of a role or user, in the place of another, or answers a *PolicyError.
func SetBoundary(tx *db.Tx, account arn.Account, principalID, policyARN string) error {
	if err := Usable(tx, account, policyARN, Unbounding); err != nil {
		return err
	}
	return policy.SetBoundary(tx, principalID, policyARN)
}
