// Package triggertest is a scripted function behind a real HTTP server, for tests: it speaks Lambda's Invoke API, with
// signatures checked, and our webhook.
package triggertest
