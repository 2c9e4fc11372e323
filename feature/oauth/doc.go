// Package oauth is the authorization server of a user pool: what its endpoints do, one method for each. A method takes the
// parameters of a request as they were parsed and answers conditions of the engines or an error of spec/oauth2; inbound/oauth
// speaks HTTP. Authorization codes are engine/hosted's, tokens engine/token's (docs/cognito/oauth.md).
package oauth
