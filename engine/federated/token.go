package federated

// Token is a verified login.
type Token struct {
	// Provider is the provider's canonical name: "cognito-idp.<region>.amazonaws.com/<pool>" for a user pool of this server,
	// "accounts.google.com" and the like, the ARN of a SAML provider, or an OIDC provider's issuer without its scheme.
	Provider string
	Subject  string // the provider's name for the user
	Audience string // the client that the token was made for: azp if present, else aud
	// Detail is the third entry of amr in tokens of identity pools, such as
	// "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc:CognitoSignIn:<sub>".
	Detail string
	// Claims are all claims, or the attributes of a SAML assertion, as strings; those of several values have several.
	Claims map[string][]string
	// Roles are what the token says of roles: cognito:roles and cognito:preferred_role, or a SAML assertion's.
	Roles     []string
	Preferred string
	Expires   int64 // in Unix seconds
}
