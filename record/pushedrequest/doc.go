// Package pushedrequest stores authorization requests that apps have pushed (RFC 9126), under the hash of their request_uri.
// A request that was answered is deleted by whoever answers it, once.
package pushedrequest
