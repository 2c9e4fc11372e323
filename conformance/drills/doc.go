// Package drills rehearses what goes wrong in production, with the real binary on real databases: nodes that are killed,
// databases that fail over, keys that are replaced, versions that serve side by side. docs/drills.md lists the drills.
//
// A drill makes a cluster, starts nodes on its database, lets work run on them (sign-ups and revocations) and checks at the
// end that nothing that was acknowledged is lost. They run by `make drills`: they take processor time for minutes, and some
// need programs that other tests do not. The package has only tests.
package drills
