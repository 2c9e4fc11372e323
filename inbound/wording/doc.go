// Package wording maps conditions to faults of Cognito's API: for each condition the code and the message that AWS answers
// (docs/cognito/errors.md). Engines answer conditions, and so may features; a feature makes a fault itself where only its
// operation has that wording. Other protocols will have tables of their own for the same conditions.
package wording
