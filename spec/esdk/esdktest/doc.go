// Package esdktest reads messages of the AWS Encryption SDK, for tests of what writes them. It is written from the format's
// description, apart from the writer.
package esdktest
