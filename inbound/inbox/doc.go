// Package inbox shows what a development server would have sent.
//
// /_cardea/inbox is a page for people, the newest message first; /_cardea/inbox.json is for tests, the oldest first, and
// both take ?to=<address>. Messages hold codes and temporary passwords: the server mounts this only where it sends nothing.
package inbox
