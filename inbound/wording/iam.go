package wording

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cardea/engine/iamentity"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// iamConditions have the same words in every operation of IAM.
var iamConditions = []entry{
	{iamentity.ErrMarker, &awsjson.Problem{Kind: awsjson.ErrConstraint, Text: "Invalid Marker."}},
	{iamentity.ErrManyTags, iam.LimitExceeded("The number of tags has reached the maximum limit.")},
	{iamentity.ErrTagTwice, iam.InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")},
	{iamentity.ErrSystemTag, iam.InvalidInput("Caller is an end user and not allowed to mutate system tags.")},
}

// IAM words conditions for operations of AWS Identity and Access Management.
func IAM(_ *awsjson.Operation, err error) error {
	for _, e := range iamConditions {
		if errors.Is(err, e.condition) {
			return e.fault
		}
	}
	if syntax, ok := errors.AsType[*iampolicy.SyntaxError](err); ok {
		return iam.MalformedPolicyDocument(syntax.Error())
	}
	if unknown, ok := errors.AsType[*iamentity.UnknownError](err); ok {
		return iam.NoSuchEntity("The " + unknown.Kind + " with name " + unknown.Name + " cannot be found.")
	}
	if exists, ok := errors.AsType[*iamentity.ExistsError](err); ok {
		return iam.EntityAlreadyExists(existsMessage(exists))
	}
	if many, ok := errors.AsType[*iamentity.QuotaError](err); ok {
		return iam.LimitExceeded(fmt.Sprintf("Cannot exceed quota for %s: %d", many.Quota.Name, many.Quota.Most))
	}
	if long, ok := errors.AsType[*iamentity.InlineSizeError](err); ok {
		return iam.LimitExceeded(fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s %s", long.Most, long.Kind, long.Name))
	}
	if policy, ok := errors.AsType[*iamentity.PolicyError](err); ok {
		return policyFault(policy)
	}
	return err
}

func existsMessage(e *iamentity.ExistsError) string {
	if e.Kind == "policy" {
		return "A policy called " + e.Name + " already exists. Duplicate names are not allowed."
	}
	return strings.ToUpper(e.Kind[:1]) + e.Kind[1:] + " with name " + e.Name + " already exists."
}

func policyFault(e *iamentity.PolicyError) error {
	switch e.Reason {
	case iamentity.NoPolicyARN:
		return iam.InvalidInput("ARN " + e.ARN + " is not valid.")
	case iamentity.Unattachable:
		return iam.NoSuchEntity("Policy " + e.ARN + " does not exist or is not attachable.")
	case iamentity.Unbounding:
		return iam.NoSuchEntity("Scope ARN: " + e.ARN + " does not exist or is not attachable.")
	case iamentity.ForeignPolicy:
		return &awsjson.Fault{Code: "AccessDenied", Message: "Policy is outside your own account.", Status: http.StatusForbidden}
	case iamentity.UnknownVersion:
		return iam.NoSuchEntity("Policy " + e.ARN + " version " + e.Version + " does not exist or is not attachable.")
	}
	return iam.NoSuchEntity("Policy " + e.ARN + " was not found.")
}
