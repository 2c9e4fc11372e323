// Package rates bounds how often operations are asked, by their category and the pool that they are for, and how often strangers ask from
// one network. It counts in memory: each node has bounds of its own, of rates that the configuration or the API has set. docs/operating.md, "Rate limits", is about its settings.
package rates
