package awsapi

import (
	"errors"

	"cardea/engine/rates"
	"cardea/engine/throttle"
	"cardea/platform/caller"
	"cardea/spec/awsjson"
)

// withinSource refuses a request without a signature from a network that has sent too many, before its body is read.
func (c *call) withinSource() error {
	if c.operation.Signed {
		return nil
	}
	return c.exceeded(c.handler.Rates.FromSource(caller.With(c.request.Context(), c.Caller)))
}

// withinRates refuses a request of which there are too many for its pool, before it is validated. Those who may not ask anything of the
// pool have been refused by then.
func (c *call) withinRates(tree *awsjson.Node) error {
	if c.operation.Category == "" || !c.handler.Rates.Counts() {
		return nil
	}
	return c.exceeded(c.handler.Rates.Admit(c.request.Context(), c.operation.Category, rates.Subject{
		Pool: c.pool, Client: c.client, Token: c.given(tree, "AccessToken"),
		Session: c.given(tree, "Session"), Challenge: c.given(tree, "ChallengeName"), Signed: c.operation.Signed,
	}))
}

// exceeded is the refusal of a request for its rate.
func (c *call) exceeded(err error) error {
	if !errors.Is(err, throttle.ErrTooFast) {
		return err
	}
	c.refused = true
	return &awsjson.Problem{Kind: errBusy, Text: "Rate exceeded"}
}
