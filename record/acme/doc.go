// Package acme remembers what the ACME client keeps between starts and shares between nodes: its account's key,
// certificates with their keys, and answers to challenges, each sealed under its name.
package acme
