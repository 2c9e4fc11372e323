// Package user keeps the users of user pools: their rows, the names they sign in with, and a search index over their
// attributes.
//
// A row, its names and its index entries are written by separate functions; engine/account keeps them in step and knows
// which names a pool's settings give a user. Everything is found by a primary key that begins with the pool, so that
// no read slows down as a pool grows.
package user
