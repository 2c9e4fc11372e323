// Package geotest writes small databases of places, for the tests of geo and of packages that use it.
package geotest
