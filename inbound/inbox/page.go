package inbox

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"

	"cardea/engine/message"
)

var (
	//go:embed page.html
	pageText string

	//go:embed page.css
	styleText string

	page  = template.Must(template.New("page").Parse(pageText))
	style = template.CSS(styleText) // a constant of this package

	// policy forbids scripts, loads and frames; the one style is allowed by its hash.
	policy = func() string {
		sum := sha256.Sum256([]byte(styleText))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	}()
)

// content is what the page shows.
type content struct {
	To       string
	Messages []message.Received
	Style    template.CSS
}
