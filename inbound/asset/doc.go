// Package asset serves the images of pools' pages at /assets/<name> on each domain. A name is a hash of the image, so that
// browsers may keep it for ever.
package asset
