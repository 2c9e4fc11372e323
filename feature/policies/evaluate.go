package policies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/engine/iamentity"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// patience is how long one simulation may take. Policies and resources can be such that each decision takes milliseconds.
const patience = 3 * time.Second

// pageOf is the actions of a simulation, of which one answer has a page.
type pageOf struct {
	list     string
	actions  []string
	marker   string
	maxItems int64
}

// page decides a page of actions.
func (s *Service) page(ctx context.Context, m *simulation, of pageOf) (*iam.SimulatePolicyResponse, error) {
	for _, action := range of.actions {
		if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" {
			return nil, iam.InvalidInput("Invalid Action name: " + action)
		}
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", of.actions)))
	q := iamentity.Query{Binding: of.list + " " + hex.EncodeToString(sum[:8]), Marker: of.marker, MaxItems: of.maxItems}
	numbers := make([]int, len(of.actions))
	for i := range numbers {
		numbers[i] = i
	}
	cursor := func(i int) string { return fmt.Sprintf("%05d", i) }
	list, next, err := iamentity.Page(s.Pages, q, iamentity.Among(numbers, cursor), cursor)
	if err != nil {
		return nil, err
	}

	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := &iam.SimulatePolicyResponse{EvaluationResults: []iam.EvaluationResult{}, Marker: next, IsTruncated: next != ""}
	for _, i := range list {
		result, err := m.evaluate(ctx, of.actions[i])
		if err != nil {
			return nil, err
		}
		out.EvaluationResults = append(out.EvaluationResults, *result)
	}
	return out, nil
}

// restrictive orders decisions: what decides for several resources is the last of theirs.
var restrictive = []string{
	iam.PolicyEvaluationDecisionTypeAllowed, iam.PolicyEvaluationDecisionTypeImplicitDeny, iam.PolicyEvaluationDecisionTypeExplicitDeny,
}

// evaluate decides an action on every resource.
func (m *simulation) evaluate(ctx context.Context, action string) (*iam.EvaluationResult, error) {
	all := &iam.EvaluationResult{
		EvalActionName: action, EvalResourceName: "*", EvalDecision: restrictive[0],
		MatchedStatements: []iam.Statement{}, MissingContextValues: []string{}, ResourceSpecificResults: []iam.ResourceSpecificResult{},
	}
	resources := m.resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	if len(resources) == 1 {
		all.EvalResourceName = resources[0]
	}
	for _, resource := range resources {
		if ctx.Err() != nil {
			return nil, iam.PolicyEvaluation("The policies take too long to evaluate. Simulate fewer actions or resources.")
		}
		one, request := m.decide(action, resource)
		if len(m.resources) > 0 {
			all.ResourceSpecificResults = append(all.ResourceSpecificResults, one)
		} else {
			all.MissingContextValues = one.MissingContextValues
		}
		worse := slices.Index(restrictive, one.EvalResourceDecision) - slices.Index(restrictive, all.EvalDecision)
		if worse > 0 {
			all.EvalDecision, all.MatchedStatements = one.EvalResourceDecision, nil
		}
		if worse >= 0 {
			all.MatchedStatements = union(all.MatchedStatements, one.MatchedStatements, sameStatement)
		}
		m.details(all, one, request)
	}
	return all, nil
}

// decide answers one action on one resource.
func (m *simulation) decide(action, resource string) (iam.ResourceSpecificResult, *iampolicy.Request) {
	request := &iampolicy.Request{Action: action, Resource: resource, Keys: m.keys}
	set := m.set
	set.Session = m.organization // levels narrow as session policies do
	e := set.Explain(request)
	one := iam.ResourceSpecificResult{
		EvalResourceName: resource, EvalResourceDecision: iam.PolicyEvaluationDecisionTypeImplicitDeny,
		MatchedStatements: []iam.Statement{}, MissingContextValues: append([]string{}, e.Missing...),
	}
	switch {
	case e.Allowed:
		one.EvalResourceDecision = iam.PolicyEvaluationDecisionTypeAllowed
	case e.Explicit:
		one.EvalResourceDecision = iam.PolicyEvaluationDecisionTypeExplicitDeny
	}
	for _, match := range e.Matched {
		one.MatchedStatements = append(one.MatchedStatements, m.statement(match))
	}
	if set.Boundary != nil {
		one.PermissionsBoundaryDecisionDetail = &iam.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: e.Boundary}
	}
	return one, request
}

// details adds to the result of an action what boundary and organization say of one resource: all resources must be allowed.
func (m *simulation) details(all *iam.EvaluationResult, one iam.ResourceSpecificResult, request *iampolicy.Request) {
	if boundary := one.PermissionsBoundaryDecisionDetail; boundary != nil {
		before := all.PermissionsBoundaryDecisionDetail
		all.PermissionsBoundaryDecisionDetail = &iam.PermissionsBoundaryDecisionDetail{
			AllowedByPermissionsBoundary: boundary.AllowedByPermissionsBoundary && (before == nil || before.AllowedByPermissionsBoundary),
		}
	}
	if len(m.organization) == 0 {
		return
	}
	allowed := all.OrganizationsDecisionDetail == nil || all.OrganizationsDecisionDetail.AllowedByOrganizations
	for _, level := range m.organization {
		allowed = allowed && (&iampolicy.Set{Identity: level}).Decide(request).Allowed
	}
	all.OrganizationsDecisionDetail = &iam.OrganizationsDecisionDetail{AllowedByOrganizations: allowed}
}

// statement says where a statement stands that decided: from behind what precedes it to behind its closing brace.
func (m *simulation) statement(match iampolicy.Match) iam.Statement {
	from, to := match.Policy.Statement(match.Statement)
	return iam.Statement{
		SourcePolicyId: m.sources[match.Policy], SourcePolicyType: "IAM Policy",
		StartPosition: &iam.Position{Line: int64(from.Line), Column: int64(from.Column)},
		EndPosition:   &iam.Position{Line: int64(to.Line), Column: int64(to.Column)},
	}
}

func sameStatement(a, b iam.Statement) bool {
	return a.SourcePolicyId == b.SourcePolicyId && *a.StartPosition == *b.StartPosition
}

// union adds those of more to a list that it does not have. It is never nil.
func union[T any](list, more []T, same func(a, b T) bool) []T {
	all := append([]T{}, list...)
	for _, one := range more {
		if !slices.ContainsFunc(all, func(has T) bool { return same(has, one) }) {
			all = append(all, one)
		}
	}
	return all
}
