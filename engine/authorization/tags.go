package authorization

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/record/policy"
	"cardea/record/pool"
	"cardea/record/principal"
	"cardea/record/trustprovider"
	"cardea/spec/arn"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
)

// tagKeys begin the keys that a resource's tags have.
var tagKeys = []string{"aws:resourcetag/", "iam:resourcetag/"}

// own are the services whose resources are this server's.
var own = map[string]bool{"cognito-idp": true, "cognito-identity": true, "iam": true}

// addResourceTags adds the tags of a resource of this server, in the place of any that the request claims. What is not there has none.
func (a *Authorizer) addResourceTags(ctx context.Context, resource string, keys iampolicy.Keys) error {
	parsed, ok := arn.Parse(resource)
	if !ok || !own[parsed.Service] {
		return nil
	}
	var tags []iam.Tag
	err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		tags, err = tagsOf(tx, resource, parsed)
		return err
	})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("tags of %s: %w", resource, err)
	}
	for _, prefix := range tagKeys {
		maps.DeleteFunc(keys, func(key string, _ []string) bool { return strings.HasPrefix(key, prefix) })
		for _, tag := range tags {
			key := prefix + strings.ToLower(tag.Key)
			keys[key] = append(keys[key], tag.Value)
		}
	}
	return nil
}

func tagsOf(tx *db.Tx, resource string, parsed arn.ARN) ([]iam.Tag, error) {
	kind, name, _ := strings.Cut(parsed.Resource, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	switch parsed.Service + ":" + kind {
	case "cognito-idp:userpool":
		p, err := pool.Get(tx, id.Pool(name))
		if err != nil {
			return nil, err
		}
		return listed(p.Doc.UserPoolTags), nil
	case "cognito-identity:identitypool":
		p, err := identitypool.Get(tx, id.IdentityPool(name))
		if err != nil {
			return nil, err
		}
		return listed(p.Doc.IdentityPoolTags), nil
	case "iam:role", "iam:user":
		p, err := principal.Get(tx, principal.Kind(kind), last)
		if err != nil {
			return nil, err
		}
		return p.Doc.Tags, nil
	case "iam:policy":
		p, err := policy.Get(tx, resource)
		if err != nil {
			return nil, err
		}
		return p.Doc.Tags, nil
	case "iam:oidc-provider", "iam:saml-provider":
		p, err := trustprovider.Get(tx, resource)
		if err != nil {
			return nil, err
		}
		return p.Doc.Tags, nil
	}
	return nil, nil
}

func listed(tags map[string]string) []iam.Tag {
	list := make([]iam.Tag, 0, len(tags))
	for key, value := range tags {
		list = append(list, iam.Tag{Key: key, Value: value})
	}
	return list
}
