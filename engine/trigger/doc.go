// Package trigger is where a user pool's Lambda triggers will be invoked.
//
// A trigger is code that the pool's owner relies on: a PreSignUp function may be all that keeps unwanted users out. Cardea
// cannot run them yet, so an operation at which a configured trigger would fire is refused instead of going on without
// it. The settings themselves are stored and echoed, so that infrastructure as code finds what it wrote.
package trigger
