// Package node remembers which nodes run on the database, as each writes of itself every few seconds, so that they notice each
// other's versions, settings, keys and ends. engine/cluster judges by it.
package node
