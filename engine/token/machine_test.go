package token_test

import (
	"errors"
	"testing"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
)

func TestMachinesHaveASecretAndTheGrant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.write(t, func(tx *db.Tx) error {
			for name, change := range map[string]func(c *client.Client){
				"without a secret":    func(c *client.Client) { c.Secrets = nil },
				"with another grant":  func(c *client.Client) { c.Doc.AllowedOAuthFlows = []string{"code"} },
				"with grants off":     func(c *client.Client) { c.Doc.AllowedOAuthFlowsUserPoolClient = new(false) },
				"that was never told": func(c *client.Client) { c.Doc.AllowedOAuthFlowsUserPoolClient = nil },
			} {
				c := w.client.Clone()
				c.Secrets = []client.Secret{{}}
				c.Doc.AllowedOAuthFlowsUserPoolClient = new(true)
				c.Doc.AllowedOAuthFlows = []string{cognitoidp.OAuthFlowTypeClientCredentials}
				change(c)
				if _, err := token.GrantMachine(tx, access.App{Pool: w.pool, Client: c}, nil); !errors.Is(err, access.ErrGrant) {
					t.Errorf("a client %s: %v", name, err)
				}
			}
			return nil
		})
	})
}
