package oauth

import (
	"net/http"

	"cardea/engine/trail"
	"cardea/platform/audit"
	"cardea/spec/oauth2"
)

// event is what the audit log is told of the request; nil where it is not kept.
func (c *call) event() *audit.Event {
	if c.Audit == nil || c.refused {
		return nil
	}
	values := c.form
	if c.r.Method != http.MethodPost {
		values, _ = oauth2.Parse(c.r.URL.RawQuery) // of what is malformed nothing is told
	}
	return trail.Page{
		Name: c.eventName(), Domain: c.r.Host, Pool: c.pool, Values: values, Status: c.status, ReadOnly: c.reads,
	}.Event()
}

// eventName is CloudTrail's name for the request.
func (c *call) eventName() string {
	switch {
	case c.name == "Logout":
		return c.name
	case c.name == "Authorize":
		return "OAuth2_Authorize_" + c.method()
	}
	return c.name + "_" + c.method()
}

// method is the request's, if the endpoint has it.
func (c *call) method() string {
	switch c.r.Method {
	case http.MethodGet, http.MethodPost:
		return c.r.Method
	}
	return c.methods[0]
}
