package iam

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/record/trustprovider"
	"cardea/spec/iam"
)

// TagRole adds tags to a role, in the place of those with the same keys.
func (s *Service) TagRole(ctx context.Context, in *iam.TagRoleRequest) error {
	return s.tag(ctx, principal.Role, in.RoleName, in.Tags)
}

// TagUser adds tags to a user, in the place of those with the same keys.
func (s *Service) TagUser(ctx context.Context, in *iam.TagUserRequest) error {
	return s.tag(ctx, principal.User, in.UserName, in.Tags)
}

func (s *Service) tag(ctx context.Context, kind principal.Kind, name string, tags []iam.Tag) error {
	_, err := s.change(ctx, kind, name, func(p *principal.Principal) (err error) {
		p.Doc.Tags, err = iamentity.FoldedKeys.Merge(p.Doc.Tags, tags)
		return err
	})
	return err
}

// UntagRole takes tags from a role.
func (s *Service) UntagRole(ctx context.Context, in *iam.UntagRoleRequest) error {
	return s.untag(ctx, principal.Role, in.RoleName, in.TagKeys)
}

// UntagUser takes tags from a user.
func (s *Service) UntagUser(ctx context.Context, in *iam.UntagUserRequest) error {
	return s.untag(ctx, principal.User, in.UserName, in.TagKeys)
}

func (s *Service) untag(ctx context.Context, kind principal.Kind, name string, keys []string) error {
	_, err := s.change(ctx, kind, name, func(p *principal.Principal) error {
		p.Doc.Tags = iamentity.FoldedKeys.Without(p.Doc.Tags, keys)
		return nil
	})
	return err
}

// ListRoleTags lists the tags of a role, page by page.
func (s *Service) ListRoleTags(ctx context.Context, in *iam.ListRoleTagsRequest) (*iam.ListRoleTagsResponse, error) {
	tags, next, err := s.tagsOf(ctx, principal.Role, in.RoleName, iamentity.Query{
		Binding: "ListRoleTags", Marker: in.Marker, MaxItems: in.MaxItems,
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListRoleTagsResponse{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}

// ListUserTags lists the tags of a user, page by page.
func (s *Service) ListUserTags(ctx context.Context, in *iam.ListUserTagsRequest) (*iam.ListUserTagsResponse, error) {
	tags, next, err := s.tagsOf(ctx, principal.User, in.UserName, iamentity.Query{
		Binding: "ListUserTags", Marker: in.Marker, MaxItems: in.MaxItems,
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListUserTagsResponse{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}

func (s *Service) tagsOf(ctx context.Context, kind principal.Kind, name string, q iamentity.Query) (tags []iam.Tag, next string, err error) {
	var p *principal.Principal
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, err = iamentity.Find(tx, kind, name)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	q.Binding += "/" + p.ID
	return s.page(p.Doc.Tags, q)
}

// page is a page of tags.
func (s *Service) page(tags []iam.Tag, q iamentity.Query) ([]iam.Tag, string, error) {
	return iamentity.Page(s.Pages, q, iamentity.Among(tags, iamentity.TagCursor), iamentity.TagCursor)
}

// TagOpenIDConnectProvider adds tags to an OIDC provider, in the place of those with the same keys.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, in *iam.TagOpenIDConnectProviderRequest) error {
	return s.tagProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn, in.Tags)
}

// TagSAMLProvider adds tags to a SAML provider, in the place of those with the same keys.
func (s *Service) TagSAMLProvider(ctx context.Context, in *iam.TagSAMLProviderRequest) error {
	return s.tagProvider(ctx, trustprovider.SAML, in.SAMLProviderArn, in.Tags)
}

func (s *Service) tagProvider(ctx context.Context, kind trustprovider.Kind, arn string, tags []iam.Tag) error {
	return s.changeProvider(ctx, kind, arn, func(doc *trustprovider.Doc) (err error) {
		doc.Tags, err = iamentity.ExactKeys.Merge(doc.Tags, tags)
		return err
	})
}

// UntagOpenIDConnectProvider takes tags from an OIDC provider.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, in *iam.UntagOpenIDConnectProviderRequest) error {
	return s.untagProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn, in.TagKeys)
}

// UntagSAMLProvider takes tags from a SAML provider.
func (s *Service) UntagSAMLProvider(ctx context.Context, in *iam.UntagSAMLProviderRequest) error {
	return s.untagProvider(ctx, trustprovider.SAML, in.SAMLProviderArn, in.TagKeys)
}

func (s *Service) untagProvider(ctx context.Context, kind trustprovider.Kind, arn string, keys []string) error {
	return s.changeProvider(ctx, kind, arn, func(doc *trustprovider.Doc) error {
		doc.Tags = iamentity.ExactKeys.Without(doc.Tags, keys)
		return nil
	})
}

// ListOpenIDConnectProviderTags lists the tags of an OIDC provider, page by page.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, in *iam.ListOpenIDConnectProviderTagsRequest) (*iam.ListOpenIDConnectProviderTagsResponse, error) {
	p, err := s.provider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	tags, next, err := s.page(p.Doc.Tags, iamentity.Query{Binding: "ListOpenIDConnectProviderTags/" + p.ARN, Marker: in.Marker, MaxItems: in.MaxItems})
	if err != nil {
		return nil, err
	}
	return &iam.ListOpenIDConnectProviderTagsResponse{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}

// ListSAMLProviderTags lists the tags of a SAML provider, page by page.
func (s *Service) ListSAMLProviderTags(ctx context.Context, in *iam.ListSAMLProviderTagsRequest) (*iam.ListSAMLProviderTagsResponse, error) {
	p, err := s.provider(ctx, trustprovider.SAML, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	tags, next, err := s.page(p.Doc.Tags, iamentity.Query{Binding: "ListSAMLProviderTags/" + p.ARN, Marker: in.Marker, MaxItems: in.MaxItems})
	if err != nil {
		return nil, err
	}
	return &iam.ListSAMLProviderTagsResponse{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}
