// Package geo says where on Earth an address is, as far as the operator's file tells: a MaxMind database (GeoLite2 City or
// Country, or another of that form) that is opened at the start. Without a file no
// place is known.
//
// The format is described at https://maxmind.github.io/MaxMind-DB/; how it is read is maxminddb's business.
package geo
