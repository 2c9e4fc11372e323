// Package backup is the format of a backup: the rows of all tables of one moment of a database, in one file for both engines.
//
// A file is compressed with gzip. Inside are a first line that names the format, and records: a letter, a length in four bytes, and so
// many bytes. The first record is the [Header]; for each table there are one that describes it, some with rows as package db copies them,
// and one with their number; the last has the counts and the SHA-256 of everything before it, sealed under the master key: who does not have
// that key can neither change a backup nor make one. What is secret in the rows stays sealed as it is in the database.
package backup
