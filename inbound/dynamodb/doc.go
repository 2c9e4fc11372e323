// Package dynamodb is a reverse proxy before a server of DynamoDB that knows one access key only, as inbound/guard is one before a
// server of S3. Clients sign requests with keys and temporary credentials of Cardea; the proxy verifies them, asks
// engine/authorization whether policies of IAM allow what they do, and sends them on signed with the server's own key.
//
// A request is parsed once, strictly, and what is sent on is written anew from what was parsed and judged. Operations and members that
// are not known (operation.go) are refused. A condition key that policies ask for and that cannot be computed exactly for a request
// (conditions.go, leading.go) refuses it, since operators such as ForAllValues:StringEquals hold without a value.
//
// See docs/cognito/credentials.md, "DynamoDB".
package dynamodb
