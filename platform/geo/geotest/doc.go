// Package geotest writes small databases of places, for the tests of geo and of those who ask it.
package geotest
