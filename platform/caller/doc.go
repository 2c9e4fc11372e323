// Package caller is who sent a request. The handlers of all protocols put it into the request's context, where whatever counts
// attempts, limits rates or stores where a user signed in from finds it.
package caller
