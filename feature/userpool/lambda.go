package userpool

import (
	"strings"

	"cardea/engine/trigger"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// setLambdas sets the triggers. A function that is newly named must be one that the server can invoke, and
// a key one that it can use.
func (s *Service) setLambdas(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	lambdas := cognitoidp.LambdaConfigType{}
	if in.LambdaConfig != nil {
		lambdas = *in.LambdaConfig
	}

	for _, arn := range append(trigger.ARNs(&lambdas), lambdas.PreTokenGeneration) {
		if region := part(arn, 3); region != "" && region != p.ID.Region() {
			return cognitoidp.InvalidParameter("Cross-region lambda functions are not supported")
		}
	}
	if (lambdas.CustomSMSSender != nil || lambdas.CustomEmailSender != nil) && lambdas.KMSKeyID == "" {
		return cognitoidp.InvalidParameter("KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.")
	}
	if err := pairTokenGeneration(&lambdas); err != nil {
		return err
	}
	if !s.UnknownFunctions {
		for _, wrong := range s.Triggers.Check(&lambdas, p.Doc.LambdaConfig) {
			return wrong
		}
		if key := lambdas.KMSKeyID; key != "" && (p.Doc.LambdaConfig == nil || key != p.Doc.LambdaConfig.KMSKeyID) {
			if err := s.Messages.Keys.Check(key); err != nil {
				return err
			}
		}
	}
	p.Doc.LambdaConfig = &lambdas
	return nil
}

// pairTokenGeneration keeps the two members for the pre token generation trigger in step: the old one names the function,
// the new one its version too.
func pairTokenGeneration(lambdas *cognitoidp.LambdaConfigType) error {
	old, config := lambdas.PreTokenGeneration, lambdas.PreTokenGenerationConfig
	switch {
	case config != nil && old != "" && old != config.LambdaArn:
		return cognitoidp.InvalidParameter("Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's")
	case config != nil:
		lambdas.PreTokenGeneration = config.LambdaArn
	case old != "":
		lambdas.PreTokenGenerationConfig = &cognitoidp.PreTokenGenerationVersionConfigType{
			LambdaVersion: cognitoidp.PreTokenGenerationLambdaVersionTypeV10,
			LambdaArn:     old,
		}
	}
	return nil
}

// part gives a part of an ARN, "arn:partition:service:region:account:resource", counted from 0; empty when there is none.
func part(arn string, number int) string {
	parts := strings.SplitN(arn, ":", 6)
	if number >= len(parts) {
		return ""
	}
	return parts[number]
}
