// Package cluster says whether a node may serve, by what it and the others write of themselves every few seconds.
//
// A heartbeat is a write, so that it fails where requests would, and reads the other nodes, the migrations and whose master keys
// seal the data keys. [Node.Reasons] says why a node is not ready. Of two nodes that differ in what must be the same everywhere
// the one that started later is not ready, so that one wrong node cannot take down the others. Nodes that have died are noticed,
// and what they had claimed is given back. [Older] lets a newer program wait until older ones do not serve any more.
package cluster
