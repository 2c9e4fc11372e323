// Package page makes pagination tokens: opaque text that says where the next page of a listing begins.
//
// A token is encrypted and authenticated by platform/seal, so that a caller can neither read the cursor nor forge one, and
// it is bound to the query it came from, so that it cannot be carried over to another pool, operation or filter.
package page
