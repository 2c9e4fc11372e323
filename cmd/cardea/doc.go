// Command cardea is Amazon Cognito as one binary.
//
//	cardea dev                 a server for development: no configuration, mail in an inbox page
//	cardea serve --config FILE a server for production
//	cardea keys …              root access keys, which sign administrative requests to serve
//	cardea keys status|rewrap  which master keys the database needs; move it to the newest
//	cardea backup FILE         everything in one file
//	cardea restore FILE        a new database of such a file
//	cardea sessions revoke     everybody has to sign in again
//	cardea trigger POOL NAME   ask a Lambda trigger and show what comes of it
//	cardea config check|show   look at a configuration without starting
//	cardea version             which build this is
//
// It holds the flags and the text for the terminal; package server does the work.
package main
