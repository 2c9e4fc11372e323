// Package policy remembers policies of IAM: managed ones with their versions, inline ones, and which role, user or group has which.
//
// A managed policy is attached by its ARN, so that those which AWS manages, and which have no row here, are attached alike. A
// principal is named by its id (record/principal). What transactions change here is announced under [Table].
package policy
