package wording_test

import (
	"errors"
	"fmt"
	"testing"

	"cardea/engine/iamentity"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
)

func TestConditionsOfIAMAreWorded(t *testing.T) {
	t.Parallel()
	const a = "arn:aws:iam::123456789012:policy/p"
	policy := func(reason iamentity.PolicyReason) error {
		return &iamentity.PolicyError{ARN: a, Version: "v2", Reason: reason}
	}
	for want, err := range map[string]error{
		"Invalid Marker.": iamentity.ErrMarker,
		"NoSuchEntity: The role with name r cannot be found.":                                     fmt.Errorf("find: %w", &iamentity.UnknownError{Kind: "role", Name: "r"}),
		"NoSuchEntity: The user policy with name p cannot be found.":                              &iamentity.UnknownError{Kind: "user policy", Name: "p"},
		"EntityAlreadyExists: Group with name g already exists.":                                  &iamentity.ExistsError{Kind: "group", Name: "g"},
		"LimitExceeded: Cannot exceed quota for VersionsPerPolicy: 5":                             &iamentity.QuotaError{Quota: iamentity.VersionsPerPolicy},
		"LimitExceeded: The number of tags has reached the maximum limit.":                        iamentity.ErrManyTags,
		"MalformedPolicyDocument: Syntax errors in policy. (line 3, column 5)":                    &iampolicy.SyntaxError{Text: "Syntax errors in policy.", Line: 3, Column: 5},
		"InvalidInput: ARN " + a + " is not valid.":                                               policy(iamentity.NoPolicyARN),
		"NoSuchEntity: Policy " + a + " was not found.":                                           policy(iamentity.UnknownPolicy),
		"NoSuchEntity: Policy " + a + " does not exist or is not attachable.":                     policy(iamentity.Unattachable),
		"NoSuchEntity: Scope ARN: " + a + " does not exist or is not attachable.":                 policy(iamentity.Unbounding),
		"NoSuchEntity: Policy " + a + " version v2 does not exist or is not attachable.":          policy(iamentity.UnknownVersion),
		"AccessDenied: Policy is outside your own account.":                                       policy(iamentity.ForeignPolicy),
		"EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed.": &iamentity.ExistsError{Kind: "policy", Name: "p"},
		"LimitExceeded: Maximum policy size of 2048 bytes exceeded for user u":                    &iamentity.InlineSizeError{Kind: "user", Name: "u", Most: 2048},
		"InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.": iamentity.ErrTagTwice,
		"InvalidInput: Caller is an end user and not allowed to mutate system tags.":              iamentity.ErrSystemTag,
		"disk full": errors.New("disk full"),
	} {
		if got := wording.IAM(&awsjson.Operation{Name: "GetRole"}, err); got.Error() != want {
			t.Errorf("got  %v\nwant %s", got, want)
		}
	}
}
