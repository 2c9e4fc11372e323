// Package db runs transactions on SQLite and PostgreSQL, with one SQL text for both.
//
// Embedded SQLite is the default, PostgreSQL the scale-out engine. [DB.Read] gives one snapshot, [DB.Write] behaves as
// if it ran alone and has reached the disk when it returns: on SQLite a single writer connection whose commits are
// grouped, on PostgreSQL SERIALIZABLE with automatic retry. A Write closure may therefore run more than once, and holds
// nothing but SQL.
//
// Statements use $1 placeholders, passed as strings, integers, booleans, byte slices or nil; moments are passed as
// [Millis]. JSON kept in a TEXT column is passed as a string, since SQLite would store a byte slice as a BLOB.
// After a statement has failed, the rest of its transaction fails with it, on both engines: for
// conflicts, use ON CONFLICT DO NOTHING and check the number of rows.
//
// The migrations directory holds the schema, which docs/sql.md shows. Three phrases differ by engine: {{bytes}} is BLOB or
// BYTEA, {{clustered}} keeps small rows in the primary key's own tree on SQLite (WITHOUT ROWID), and TEXT is ordered by
// bytes everywhere (COLLATE "C").
package db
