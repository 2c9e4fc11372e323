// Package trigger asks the Lambda triggers of a pool, one function for each: it builds the event, invokes the function that
// the pool names, and makes of the reply a decision that has been checked.
//
// A trigger that the pool does not have costs nothing and decides nothing. Functions are asked between transactions, never
// inside one. What the caller passes as metadata is what the function sees; which request's metadata goes to which trigger is
// the feature's knowledge (docs/cognito/triggers.md). A trigger that refuses or fails is an [*Error]; inbound/wording puts it
// into Cognito's words.
package trigger
