// Package proposal links identities at providers with accounts of the pool by themselves, in pools that have a tag for that: somebody
// whose e-mail address both a provider and the pool have verified signs in to their account once, and the identity is linked with it in
// the transaction that ends that sign-in. An address alone never links anything.
package proposal
