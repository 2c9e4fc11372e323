// Package latency simulates the time of functions where none is asked, so that the time that a request takes does not tell
// whether there was somebody to ask about: who exists, where users are hidden. It remembers, on this node, how long the latest
// calls of each function have taken and how they ended.
package latency
