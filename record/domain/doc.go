// Package domain remembers the domains of pools' hosted pages: prefixes, which are unique in their Region, and custom
// domains, whole names that are unique everywhere. A pool has at most one of each.
package domain
