// Package awsquery is the AWS query protocol as pure functions: a request is a list of parameters, in a form's body or in
// the query of a URL, and an answer is XML.
//
// Parse reads the parameters, and Tree makes of them, along the service's generated Shape table, the tree that awsjson
// binds and validates. Answer and Fault write the XML. Lists are "Name.member.1" and maps "Name.entry.1.key"; flattened
// lists and members with a locationName, which the services that are answered here do not have, are not supported.
//
// Document: the awsQuery protocol of Smithy. HTTP is left to inbound/awsapi.
package awsquery
