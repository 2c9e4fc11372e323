package awsapi

import (
	"cmp"
	"context"
	"strings"

	"cardea/engine/authorization"
	"cardea/spec/awsjson"
)

// entity finds the role, user or group that a request to IAM names. Where it names no user, it means its caller. One that there is not is
// at the root.
func (c *call) entity(ctx context.Context, kind, name string) (*authorization.Named, error) {
	if name == "" && kind == "user" {
		name = c.principal.UserName()
	}
	if name == "" {
		return nil, nil
	}
	found, err := c.handler.Authorizer.Named(ctx, kind, name)
	if err != nil || found != nil {
		return found, err
	}
	return &authorization.Named{Name: name, Path: "/"}, nil
}

// moved is what a user or group will be called after the request: who renames it must be allowed to change what has that name, too.
func (c *call) moved(ctx context.Context, kind string, tree *awsjson.Node) (value, boundary string, err error) {
	title := strings.ToUpper(kind[:1]) + kind[1:]
	entity, err := c.entity(ctx, kind, textOf(tree, title+"Name"))
	if err != nil || entity == nil {
		return "", "", err
	}
	path, name := cmp.Or(textOf(tree, "NewPath"), entity.Path), cmp.Or(textOf(tree, "New"+title+"Name"), entity.Name)
	return kind + path + name, entity.Boundary, nil
}
