// Package transient lists the tables whose rows do not last: those of running servers, and what users have begun and could go on with.
// A database that is restored from a backup must not have them again, or what has ended since the backup was made would be revived. A
// test compares the lists with the schema.
package transient
