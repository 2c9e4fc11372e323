// Package geo finds the place of an IP address in the operator's MaxMind database (GeoLite2 City or Country, or another of
// that form), which is opened at the start. Without a file no place is known.
//
// The format is described at https://maxmind.github.io/MaxMind-DB/; package maxminddb reads it.
package geo
