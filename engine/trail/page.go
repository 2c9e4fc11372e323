package trail

import (
	"slices"
	"strings"

	"cardea/platform/audit"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// parameters are those of requests to domains whose values are shown; nothing is told of others. What is an address is shown without
// its query.
var parameters = []string{
	"client_id", "code_challenge_method", "grant_type", "identity_provider", "logout_uri", "post_logout_redirect_uri", "prompt",
	"redirect_uri", "response_mode", "response_type", "scope", "ui_locales",
}

// maxParameter bounds a parameter's value, in bytes. What is longer is hidden, as is what has other characters than such values have.
const maxParameter = 256

// Page is a request to the domain of a pool: for a page, or to an endpoint.
type Page struct {
	Name     string // as CloudTrail names the event, such as "Token_POST"
	Domain   string
	Pool     id.Pool
	Values   oauth2.Values // of the query or the form
	Status   int
	ReadOnly bool
}

// Event is what the audit log is told of the request.
func (p Page) Event() *audit.Event {
	return &audit.Event{
		ID: id.NewUUID(), Source: "cognito-idp.amazonaws.com", Name: p.Name, Type: audit.ServiceEvent, ReadOnly: p.ReadOnly,
		Region:     p.Pool.Region(),
		Additional: audit.Additional{Domain: p.Domain, Pool: string(p.Pool), Status: p.Status, Parameters: shownParameters(p.Values)},
	}
}

// shownParameters are parameters as CloudTrail writes them, each as a list of values.
func shownParameters(v oauth2.Values) []byte {
	b := []byte{'{'}
	for _, name := range parameters {
		value := v.Get(name)
		if value == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(audit.AppendText(b, name), ':', '[')
		b = append(audit.AppendText(b, shownParameter(name, value)), ']')
	}
	return append(b, '}')
}

func shownParameter(name, value string) string {
	if strings.HasSuffix(name, "_uri") {
		value, _, _ = strings.Cut(value, "?")
		value, _, _ = strings.Cut(value, "#")
	}
	if name == "client_id" && id.Loggable(value) == "" || len(value) > maxParameter || strings.ContainsFunc(value, unusual) {
		return audit.Hidden
	}
	return value
}

// unusual are characters that have no place in the parameters that are shown.
func unusual(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !slices.Contains([]rune(" -._~:/+%[]*"), r)
}
