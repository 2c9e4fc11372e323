// Package inbox shows what a development server would have sent.
//
// /_cardea/inbox is a page for people: the newest message first, with a search, and kept up to date while it is open by
// events that say that something arrived. Messages are untrusted: their text is escaped, and HTML is shown in a frame
// without scripts, without the page's origin and without loading anything.
//
// /_cardea/inbox.json is for tests, the oldest first. Both take ?to=<address>. Messages hold codes and temporary passwords:
// the server mounts this only where it sends nothing.
package inbox
