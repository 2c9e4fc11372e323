// Package config reads the settings of `cardea serve`: a TOML file, overlaid by environment variables.
//
// Every setting has one name. In the file it is a key, perhaps in a table ([smtp] host); in the environment it is the
// same words in capitals behind CARDEA_ (CARDEA_SMTP_HOST), lists separated by commas. An unknown setting is an error,
// never ignored, and all errors are reported at once. Secrets have a type of their own that never prints itself.
//
// What the settings do is left to package server.
package config
