// Package wording puts what engines and features have found into the words of Cognito's API: for each condition the code
// and the message that AWS answers (docs/cognito/errors.md). Engines answer conditions, and so may features; a feature
// makes a fault itself where the wording is its operation's own. Other protocols word the same conditions in their own
// way.
package wording
