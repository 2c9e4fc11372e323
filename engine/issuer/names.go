package issuer

import (
	"strings"

	"cardea/spec/id"
)

// Names are the two addresses of every pool: its issuer, and where its documents are read.
type Names struct {
	// PublicURL is the address under which clients reach the server, without a path.
	PublicURL string
	// Base begins every issuer, {region} standing for the pool's Region; empty means PublicURL.
	Base string
}

// Issuer is the issuer of a pool's tokens, without a slash at the end: "https://auth.example.com/us-east-1_AbC123xyz".
func (n Names) Issuer(pool id.Pool) string {
	if n.Base == "" {
		return n.Public(pool)
	}
	return strings.ReplaceAll(n.Base, "{region}", pool.Region()) + "/" + string(pool)
}

// Public is the address below which a pool's documents are read, in the same form.
func (n Names) Public(pool id.Pool) string { return n.PublicURL + "/" + string(pool) }
