// Package trigger invokes the Lambda triggers of user pools.
//
// The operator's configuration says what stands behind a function's ARN ([Functions]): Lambda's Invoke API, an HTTPS
// webhook, or a function that runs on this machine. [Functions.Invoke] asks it within the limits that Cognito has, tries
// again where that is of use, and answers what came of it: the reply, [*Refused], [*Failed] or [ErrInvalid]. A function that
// nothing resolves fails; it is never left out, because it may be all that keeps unwanted users out.
//
// Events carry passwords and replies carry codes. Neither is ever logged, nor part of an error.
package trigger
