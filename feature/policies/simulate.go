package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
	"cardea/spec/iampolicy/awsmanaged"
)

// SimulateCustomPolicy decides actions by policies that the request brings. See docs/cognito/credentials.md, "Policies".
func (s *Service) SimulateCustomPolicy(ctx context.Context, in *iam.SimulateCustomPolicyRequest) (*iam.SimulatePolicyResponse, error) {
	m := newSimulation()
	if err := m.brings(in.PolicyInputList, in.PermissionsBoundaryPolicyInputList); err != nil {
		return nil, err
	}
	for i, level := range in.OrderedOrganizationPolicyInputList {
		policies, err := m.compile(fmt.Sprintf("OrderedOrganizationPolicyInputList.%d", i+1), level.ServiceControlPolicyInputList)
		if err != nil {
			return nil, err
		}
		m.organization = append(m.organization, policies)
	}
	if in.CallerArn != "" {
		m.keys["aws:principalarn"] = []string{in.CallerArn}
	}
	if err := m.asked(in.ResourceArns, in.ResourcePolicy, in.ContextEntries); err != nil {
		return nil, err
	}
	return s.page(ctx, m, pageOf{"SimulateCustomPolicy", in.ActionNames, in.Marker, in.MaxItems})
}

// SimulatePrincipalPolicy decides actions by the policies of a role, a user or a group, and by those that the request brings.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyRequest) (*iam.SimulatePolicyResponse, error) {
	entity, err := s.simulated(ctx, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	_, sources, err := s.Authorizer.Policies(ctx, entity.ID)
	if err != nil {
		return nil, fmt.Errorf("policies of %s: %w", in.PolicySourceArn, err)
	}

	m := newSimulation()
	if entity.Kind != principal.Group {
		m.keys = s.Authorizer.KeysOf(entity)
	}
	for _, source := range sources {
		if !slices.ContainsFunc(in.PolicyExclusionList, func(p iam.PolicyIdentifier) bool { return excludes(p, source) }) {
			m.has(source)
		}
	}
	if err := m.brings(in.PolicyInputList, in.PermissionsBoundaryPolicyInputList); err != nil {
		return nil, err
	}
	if in.CallerArn != "" {
		m.keys["aws:principalarn"] = []string{in.CallerArn}
	}
	if err := m.asked(in.ResourceArns, in.ResourcePolicy, in.ContextEntries); err != nil {
		return nil, err
	}
	return s.page(ctx, m, pageOf{"SimulatePrincipalPolicy/" + entity.ID, in.ActionNames, in.Marker, in.MaxItems})
}

// simulated finds the role, user or group of an ARN.
func (s *Service) simulated(ctx context.Context, entityARN string) (*principal.Principal, error) {
	parsed, ok := arn.Parse(entityARN)
	kind, path, found := strings.Cut(parsed.Resource, "/")
	known := slices.Contains([]principal.Kind{principal.Role, principal.User, principal.Group}, principal.Kind(kind))
	if !ok || !found || !known {
		return nil, iam.InvalidInput("Invalid Entity Arn: " + entityARN + " does not clearly define entity type and name.")
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	var entity *principal.Principal
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		entity, err = iamentity.Find(tx, principal.Kind(kind), name)
		return err
	})
	if err == nil && entity.ARN(s.Account) != entityARN {
		return nil, &iamentity.UnknownError{Kind: kind, Name: name}
	}
	return entity, err
}

// simulation is what the Simulate operations decide by.
type simulation struct {
	set          iampolicy.Set
	organization [][]*iampolicy.Policy // levels, of which each must allow
	sources      map[*iampolicy.Policy]string
	keys         iampolicy.Keys
	resources    []string // empty: everything
}

func newSimulation() *simulation {
	return &simulation{sources: map[*iampolicy.Policy]string{}, keys: iampolicy.Keys{}}
}

// has adds a policy that the principal has.
func (m *simulation) has(source authorization.Source) {
	if source.Boundary {
		m.set.Boundary = source.Policy
	} else {
		m.set.Identity = append(m.set.Identity, source.Policy)
	}
	m.sources[source.Policy] = source.ARN[strings.LastIndexByte(source.ARN, '/')+1:]
	if source.Inline != "" {
		m.sources[source.Policy] = fmt.Sprintf("%s_%s_%s", source.Holder.Kind, source.Holder.Name, source.Inline)
	}
}

// brings adds the policies that the request has itself. A boundary takes the place of the principal's.
func (m *simulation) brings(policies, boundaries []string) error {
	list, err := m.compile("PolicyInputList", policies)
	if err != nil {
		return err
	}
	m.set.Identity = append(m.set.Identity, list...)
	if len(boundaries) > 1 {
		return iam.InvalidInput("Only one permissions boundary can be simulated at a time.")
	}
	list, err = m.compile("PermissionsBoundaryPolicyInputList", boundaries)
	if err == nil && len(list) > 0 {
		m.set.Boundary = list[0]
	}
	return err
}

// compile parses policies of the request, which are named by their place in a list.
func (m *simulation) compile(list string, documents []string) ([]*iampolicy.Policy, error) {
	var all []*iampolicy.Policy
	for i, document := range documents {
		p, err := iampolicy.Parse(document, iampolicy.InlineOfRole)
		if err != nil {
			return nil, iam.InvalidInput(fmt.Sprintf("Policy %s.%d: %v", list, i+1, err))
		}
		m.sources[p] = fmt.Sprintf("%s.%d", list, i+1)
		all = append(all, p)
	}
	return all, nil
}

// asked takes what the request is about. Keys that it gives take the place of the principal's.
func (m *simulation) asked(resources []string, resourcePolicy string, entries []iam.ContextEntry) error {
	if resourcePolicy != "" {
		return iam.InvalidInput("Policies of resources cannot be simulated.")
	}
	for _, resource := range resources {
		if _, ok := arn.Parse(resource); !ok && resource != "*" {
			return iam.InvalidInput("Invalid Resource ARN: " + resource)
		}
	}
	if !slices.Equal(resources, []string{"*"}) {
		m.resources = resources
	}
	for _, entry := range entries {
		if err := checkEntry(entry); err != nil {
			return err
		}
		m.keys[strings.ToLower(entry.ContextKeyName)] = entry.ContextKeyValues
	}
	return nil
}

// checkEntry refuses a context key whose values are not of its type.
func checkEntry(entry iam.ContextEntry) error {
	if entry.ContextKeyName == "" || entry.ContextKeyType == "" {
		return iam.InvalidInput("A context entry must have a name and a type.")
	}
	kind, list := strings.CutSuffix(entry.ContextKeyType, "List")
	if !list && len(entry.ContextKeyValues) > 1 {
		return iam.InvalidInput(fmt.Sprintf("Invalid context entry %s: the type %s takes one value.", entry.ContextKeyName, kind))
	}
	for _, value := range entry.ContextKeyValues {
		if !iampolicy.IsOfType(value, kind) {
			return iam.InvalidInput(fmt.Sprintf("Invalid context entry %s: %q is not of the type %s.", entry.ContextKeyName, value, kind))
		}
	}
	return nil
}

// excludes reports whether a policy of the principal is one that the request leaves out.
func excludes(p iam.PolicyIdentifier, source authorization.Source) bool {
	inline := p.InlinePolicyIdentifier
	switch {
	case p.PolicyType == iam.PolicyIdentifierPolicyTypePermissionBoundary:
		return source.Boundary
	case source.Boundary:
		return false
	case inline != nil:
		return source.Inline == inline.PolicyName && string(source.Holder.Kind) == inline.AttachmentType && source.Holder.Name == inline.AttachmentName
	case p.PolicyArn != "":
		return source.ARN == p.PolicyArn
	case p.PolicyType == iam.PolicyIdentifierPolicyTypeInline:
		return source.Inline != ""
	}
	_, ofAWS := awsmanaged.Get(source.ARN)
	return source.ARN != "" && p.PolicyType == map[bool]string{
		true: iam.PolicyIdentifierPolicyTypeAwsManaged, false: iam.PolicyIdentifierPolicyTypeUserManaged,
	}[ofAWS]
}
