// Package memory finds out how much memory the process may use, so that the Go runtime collects garbage before the operating
// system ends the process.
//
// It reads the limits of control groups of Linux, version 2, as containers and systemd set them. Elsewhere there are none.
package memory
