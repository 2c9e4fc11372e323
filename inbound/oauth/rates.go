package oauth

import (
	"errors"
	"net/http"

	"cardea/engine/rates"
	"cardea/engine/throttle"
	"cardea/spec/oauth2"
)

// withinSource refuses a request from a network that has sent too many.
func (c *call) withinSource() error { return c.exceeded(c.Rates.FromSource(c.r.Context())) }

// withinRates refuses a request for tokens of which there are too many for the pool, once its form is read and before anything is looked up.
func (c *call) withinRates() error {
	category := rates.Authentication
	if c.form.Get("grant_type") == "client_credentials" {
		category = rates.Clients
	}
	return c.exceeded(c.Rates.Admit(c.r.Context(), category, rates.Subject{Pool: string(c.pool)}))
}

// exceeded is the refusal of a request for its rate.
func (c *call) exceeded(err error) error {
	if !errors.Is(err, throttle.ErrTooFast) {
		return err
	}
	c.refused = true
	return err
}

// tooMany answers a request that was refused for its rate.
func (c *call) tooMany() {
	c.w.Header().Set("Retry-After", "1")
	if !c.open {
		c.code = oauth2.TemporarilyUnavailable
		c.show(http.StatusTooManyRequests)
		return
	}
	c.fail(&oauth2.Error{Code: oauth2.TemporarilyUnavailable, Description: "Rate exceeded"}, http.StatusTooManyRequests)
}
