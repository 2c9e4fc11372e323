// Package saml is SAML 2.0 as a service provider speaks it in the browser: metadata, AuthnRequest, Response, LogoutRequest and
// LogoutResponse in the redirect and POST bindings. It sends nothing, stores nothing and has no clock.
//
// What is read of a signed message is read from the bytes that the signature covers, parsed anew after it was verified; the document
// that came is not reachable from any result. Keys come from metadata alone, never from a message. What a caller has to add: that an
// assertion is used once (its ID and NotOnOrAfter say for how long to remember it).
//
// Sources: SAML Core, Bindings, Profiles and Metadata 2.0 with their errata, XML Signature 1.1, XML Encryption 1.1 and
// Exclusive XML Canonicalization 1.0.
package saml
