// Package trigger is where a user pool's Lambda triggers will be invoked.
//
// A pool's owner relies on triggers: a PreSignUp function may be the only check on who may sign up. Cardea cannot invoke
// them yet, so an operation at which a configured trigger would fire is refused instead of going on without
// it. The settings themselves are stored and echoed, so that infrastructure as code finds what it wrote.
package trigger
