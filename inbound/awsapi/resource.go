package awsapi

import (
	"context"
	"strings"

	"cardea/spec/arn"
	"cardea/spec/awsjson"
	"cardea/spec/id"
)

// anyResource is the resource of a request that names none: policies for single resources do not match it.
const anyResource = "*"

// maxResource bounds what is taken of a request for the name of a resource, in bytes. No ARN is longer.
const maxResource = 2048

// resources are what a permission is needed on, by the members of the request as they came; boundary is the permissions boundary
// of a role or user among them.
func (c *call) resources(ctx context.Context, needed *awsjson.Permission, tree *awsjson.Node) (list []string, boundary string, err error) {
	template := needed.Resource
	if path, each := whole(template, "{each:"); each {
		return c.each(tree, strings.Split(path, ".")), "", nil
	}
	if member, whole := whole(template, "{arn:"); whole {
		text := textOf(tree, member)
		if _, ok := arn.Parse(text); !ok || len(text) > maxResource {
			return []string{anyResource}, "", nil
		}
		return []string{text}, "", nil
	}
	if template == anyResource {
		return []string{anyResource}, "", nil
	}
	name, boundary, err := c.expand(ctx, template, tree)
	if err != nil || name == "" || len(name) > maxResource {
		return []string{anyResource}, "", err
	}
	return []string{c.arn(needed, name)}, boundary, nil
}

// whole reports whether a template is one part, of the kind that prefix says, and which.
func whole(template, prefix string) (string, bool) {
	rest, found := strings.CutPrefix(template, prefix)
	return strings.TrimSuffix(rest, "}"), found
}

// arn is the ARN of a resource of the service: those of IAM and STS are in no Region.
func (c *call) arn(needed *awsjson.Permission, name string) string {
	service, _, _ := strings.Cut(needed.Action, ":")
	a := arn.ARN{Partition: id.Partition(c.Caller.Region), Service: service, Region: c.Caller.Region, Account: c.principal.Account, Resource: name}
	if service == "iam" || service == "sts" {
		a.Region, a.Partition = "", c.handler.Authorizer.Account.Partition
	}
	return a.String()
}

// each collects the texts that a path through members leads to. What is no ARN is a resource that only "*" is.
func (c *call) each(at *awsjson.Node, path []string) []string {
	if len(path) == 0 {
		if _, ok := arn.Parse(at.Text); at.Type != awsjson.Text || !ok || len(at.Text) > maxResource {
			return []string{anyResource}
		}
		return []string{at.Text}
	}
	var all []string
	if path[0] == "*" {
		for i := range at.Items {
			all = append(all, c.each(&at.Items[i], path[1:])...)
		}
		return all
	}
	if next := at.Given(path[0]); next != nil && (next.Type != awsjson.Text || next.Text != "") {
		all = c.each(next, path[1:])
	}
	return all
}

// expand puts what the request gives into a template. It answers "" if the request does not give it.
func (c *call) expand(ctx context.Context, template string, tree *awsjson.Node) (name, boundary string, err error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String(), boundary, nil
		}
		var part string
		part, template, _ = strings.Cut(rest, "}")
		value, its, err := c.part(ctx, part, tree)
		if err != nil || value == "" {
			return "", "", err
		}
		b.WriteString(value)
		boundary = its
	}
}

// part is one part of a template, or "".
func (c *call) part(ctx context.Context, part string, tree *awsjson.Node) (value, boundary string, err error) {
	kind, member, found := strings.Cut(part, ":")
	if !found {
		member, otherwise, _ := strings.Cut(part, "=")
		if value = textOf(tree, member); value == "" {
			value = otherwise
		}
		return value, "", nil
	}
	switch kind {
	case "url":
		_, value, _ = strings.Cut(textOf(tree, member), "://")
		return value, "", nil
	case "moved":
		return c.moved(ctx, member, tree)
	case "key":
		owner, err := c.handler.Authorizer.OwnerOf(ctx, textOf(tree, member))
		if err != nil || owner == nil {
			return "", "", err
		}
		return "user" + owner.Path + owner.Name, owner.Boundary, nil
	}
	entity, err := c.entity(ctx, kind, textOf(tree, member))
	if err != nil || entity == nil {
		return "", "", err
	}
	return kind + entity.Path + entity.Name, entity.Boundary, nil
}
