// Package limit stores the limits of request rates that were set by the API, by their category. What they mean is engine/rates'.
package limit
