package userpool

import (
	"context"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// AddCustomAttributes appends custom attributes to a pool's schema. They cannot be changed or removed afterwards.
func (s *Service) AddCustomAttributes(ctx context.Context, in *cognitoidp.AddCustomAttributesRequest) (*cognitoidp.AddCustomAttributesResponse, error) {
	err := s.change(ctx, in.UserPoolId, func(p *pool.Pool) error {
		schema, err := addCustoms(p.Doc.SchemaAttributes, in.CustomAttributes, func(name, existing string) string {
			return name + ": Existing attribute already has name " + existing + "."
		})
		p.Doc.SchemaAttributes = schema
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AddCustomAttributesResponse{}, nil
}
