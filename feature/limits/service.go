package limits

import (
	"context"
	"fmt"

	"cardea/engine/rates"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on limits.
type Service struct {
	Rates *rates.Limiter
}

var _ cognitoidp.Limits = (*Service)(nil)

// GetProvisionedLimit tells the limit of a category.
func (s *Service) GetProvisionedLimit(ctx context.Context, in *cognitoidp.GetProvisionedLimitRequest) (*cognitoidp.GetProvisionedLimitResponse, error) {
	category, err := categoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	limit, err := s.Rates.Provisioned(ctx, category)
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetProvisionedLimitResponse{Limit: shown(category, limit)}, nil
}

// UpdateProvisionedLimit sets the limit of a category.
func (s *Service) UpdateProvisionedLimit(ctx context.Context, in *cognitoidp.UpdateProvisionedLimitRequest) (*cognitoidp.UpdateProvisionedLimitResponse, error) {
	category, err := categoryOf(in.LimitDefinition)
	if err != nil {
		return nil, err
	}
	free := s.Rates.Free(category)
	switch bounds := fmt.Sprintf("between %d and %d for the category %s.", free, int64(rates.Highest), category); {
	case !cognitoidp.Categories[category].Adjustable:
		return nil, cognitoidp.InvalidParameter("The limit of the category " + category + " is not adjustable.")
	case in.RequestedLimitValue < free:
		return nil, cognitoidp.InvalidParameter("RequestedLimitValue must be " + bounds)
	case in.RequestedLimitValue > rates.Highest:
		return nil, cognitoidp.ServiceQuotaExceeded("RequestedLimitValue must be " + bounds)
	}

	limit, err := s.Rates.Provision(ctx, category, in.RequestedLimitValue)
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateProvisionedLimitResponse{Limit: shown(category, limit)}, nil
}

// attribute is the one that tells a limit of the class API_CATEGORY from others.
const attribute = "Category"

// categoryOf is the category whose limit is meant. Validation has let only the class API_CATEGORY through.
func categoryOf(d *cognitoidp.LimitDefinitionType) (string, error) {
	category, named := d.Attributes[attribute]
	if !named || len(d.Attributes) > 1 {
		return "", cognitoidp.InvalidParameter("A limit of the class " + d.LimitClass + " is identified by the attribute " + attribute + " alone.")
	}
	if _, known := cognitoidp.Categories[category]; !known {
		return "", cognitoidp.ResourceNotFound("Category " + category + " does not exist.")
	}
	return category, nil
}

func shown(category string, limit rates.Limit) *cognitoidp.LimitType {
	return &cognitoidp.LimitType{
		LimitDefinition: &cognitoidp.LimitDefinitionType{
			LimitClass: cognitoidp.LimitClassApiCategory, Attributes: map[string]string{attribute: category},
		},
		ProvisionedLimitValue: limit.Provisioned, FreeLimitValue: limit.Free,
	}
}
