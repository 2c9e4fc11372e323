// Package principal remembers the roles, users and groups of IAM, and which users are in which groups.
//
// A principal's name is unique among those of its kind, without regard to case; its id is never used again, so that whatever
// names a principal by its id holds for that one alone. Policies are left to record/policy, access keys to record/accesskey.
// What transactions change here is announced under [Table], which caches watch.
package principal
