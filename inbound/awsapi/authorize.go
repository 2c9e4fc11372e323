package awsapi

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/principaltoken"
	"cardea/platform/caller"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
)

// authorize asks whether policies allow the caller what the operation needs, before the request is validated. What cannot be read of
// the request is for a resource that only "*" is.
func (c *call) authorize(tree *awsjson.Node) error {
	if c.handler.Authorizer == nil || c.principal.Root() {
		return nil
	}
	if err := c.admit(); err != nil {
		return err
	}
	if c.operation.Exempt {
		return nil
	}
	ctx := caller.With(c.request.Context(), c.Caller)
	if len(c.operation.Permissions) == 0 { // the tables give every operation some
		return c.handler.Authorizer.Authorize(ctx, c.principal, &iampolicy.Request{Action: c.service.SigningName + ":" + c.operation.Name, Resource: "*"})
	}
	tree = known(c.operation.Input, tree)
	given, err := keysOf(tree)
	if err != nil {
		return err
	}
	if c.service.SigningName == "sts" && c.operation.Name == "GetWebIdentityToken" {
		maps.Copy(given, webIdentityKeys(tree))
	}
	for i := range c.operation.Permissions {
		needed := &c.operation.Permissions[i]
		if needed.If != "" && tree.Given(needed.If) == nil {
			continue
		}
		if err := c.allowed(ctx, needed, tree, given); err != nil {
			return err
		}
	}
	return nil
}

// known is a request without the members that its operation does not have. The operation ignores them: a tag that stands in one of them is
// given to nothing, and must not meet the condition of a policy.
func known(input *awsjson.Shape, tree *awsjson.Node) *awsjson.Node {
	kept := &awsjson.Node{Type: tree.Type}
	for i := range input.Members {
		name := input.Members[i].Name
		if value, given := tree.Member(name); given {
			kept.Keys, kept.Items = append(kept.Keys, name), append(kept.Items, *value)
		}
	}
	return kept
}

// allowed asks for one permission on every resource that the request names for it.
func (c *call) allowed(ctx context.Context, needed *awsjson.Permission, tree *awsjson.Node, given iampolicy.Keys) error {
	resources, boundary, err := c.resources(ctx, needed, tree)
	if err != nil {
		return err
	}
	keys := maps.Clone(given)
	if boundary != "" && len(keys[boundaryKey]) == 0 {
		keys[boundaryKey] = []string{boundary}
	}
	if needed.PassedTo != "" {
		keys["iam:passedtoservice"] = []string{needed.PassedTo}
	}
	for _, resource := range resources {
		request := &iampolicy.Request{Action: needed.Action, Resource: resource, Keys: keys}
		if err := c.handler.Authorizer.Authorize(ctx, c.principal, request); err != nil {
			return err
		}
	}
	return nil
}

// admit refuses operations that sessions of users may never call, as IAM and STS word it.
func (c *call) admit() error {
	if c.principal.Admit(c.service.SigningName, c.operation.Name) == nil {
		return nil
	}
	if c.service.SigningName == "iam" {
		return unrecognized(authorization.ErrUnknownKey)
	}
	return &awsjson.Problem{Kind: errForbidden, Text: "Cannot call " + c.operation.Name + " with session credentials"}
}

const boundaryKey = "iam:permissionsboundary"

// tagged are the members of requests in which tags are.
var tagged = []string{"Tags", "UserPoolTags", "IdentityPoolTags"}

// keysOf are the condition keys that a request gives: its tags, and what it attaches.
func keysOf(tree *awsjson.Node) (iampolicy.Keys, error) {
	tags, err := tagsOf(tree)
	if err != nil {
		return nil, err
	}
	keys := authorization.RequestTags(tags)
	if list := tree.Given("TagKeys"); list != nil && list.Type == awsjson.Array {
		for _, key := range list.Items {
			keys["aws:tagkeys"] = append(keys["aws:tagkeys"], key.Text)
		}
	}
	if policy := textOf(tree, "PolicyArn"); policy != "" {
		keys["iam:policyarn"] = []string{policy}
	}
	if boundary := textOf(tree, "PermissionsBoundary"); boundary != "" {
		keys[boundaryKey] = []string{boundary}
	}
	return keys, nil
}

// webIdentityKeys are the condition keys of a request for a token of the caller's (docs/cognito/credentials.md, "Tokens of principals").
// One that does not say how long the token is to be valid has the default's key.
func webIdentityKeys(tree *awsjson.Node) iampolicy.Keys {
	seconds := int64(principaltoken.DefaultLife / time.Second)
	if given := tree.Given("DurationSeconds"); given != nil {
		seconds, _ = strconv.ParseInt(given.Text, 10, 64) // the form was read: it is a number
	}
	keys := iampolicy.Keys{
		"sts:durationseconds":  {strconv.FormatInt(seconds, 10)},
		"sts:signingalgorithm": {textOf(tree, "SigningAlgorithm")},
	}
	if audience := tree.Given("Audience"); audience != nil {
		for i := range audience.Items {
			keys["sts:identitytokenaudience"] = append(keys["sts:identitytokenaudience"], audience.Items[i].Text)
		}
	}
	return keys
}

// tagsOf are the tags that a request gives: in a map, or in a list of keys with their values. Keys that differ in case only are
// refused, since policies do not tell them apart.
func tagsOf(tree *awsjson.Node) (map[string]string, error) {
	tags, seen := map[string]string{}, map[string]bool{}
	twice := false
	add := func(key, value string) {
		folded := strings.ToLower(key)
		twice = twice || seen[folded]
		tags[key], seen[folded] = value, true
	}
	for _, name := range tagged {
		member := tree.Given(name)
		switch {
		case member == nil:
		case member.Type == awsjson.Object:
			for i, key := range member.Keys {
				add(key, member.Items[i].Text)
			}
		case member.Type == awsjson.Array:
			for i := range member.Items {
				add(textOf(&member.Items[i], "Key"), textOf(&member.Items[i], "Value"))
			}
		}
	}
	if twice {
		return nil, &awsjson.Problem{Kind: awsjson.ErrConstraint, Text: "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
	}
	return tags, nil
}
