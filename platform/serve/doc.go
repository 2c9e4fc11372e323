// Package serve does what the handlers of all protocols have in common: they find out who sent a request, take a panic for any
// other failure, and count and log each request once it is answered, in one line and without anything secret.
//
//	sent := serve.Open(r, id)               // who, and when
//	err := sent.Catch(answer)               // in the context that Begin gives
//	recorder.Record(sent, serve.Outcome{…}) // what became of it
//
// What an answer looks like, and that of an error, is the protocol's matter.
package serve
