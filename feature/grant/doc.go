// Package grant gives app clients tokens for themselves through the API: GetClientToken, which is the token endpoint's
// client_credentials grant in another syntax.
package grant
