// Package datakey remembers the data keys that seal each pool's secrets, wrapped by the master key.
//
// A pool's first key is made by the first write transaction that asks for its box. [Ring.Rotate] adds another, which
// takes over sealing once every node has had time to learn of it; older keys keep opening what they sealed. Deleting a
// pool's keys makes its secrets unreadable for good, backups of other tables included. [Ring.Rewrap] moves all keys
// under a new master key, and [MasterKeys] says when a former one is no longer needed. Sealing itself is in platform/seal.
package datakey
