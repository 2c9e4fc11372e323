package scope_test

import (
	"errors"
	"slices"
	"testing"

	"cardea/engine/scope"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/client"
	"cardea/record/resourceserver"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

// Whatever a client's settings say, a token of a client for itself opens no user's account.
func TestScopesOfUsersAreForUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := &client.Client{Pool: pool}
		c.Doc.AllowedOAuthScopes = []string{"openid", "email", scope.Self, "https://api.example.com/v1/read", "gone/read"}
		api := &resourceserver.Server{Pool: pool, Identifier: "https://api.example.com/v1"}
		api.Doc.Scopes = []cognitoidp.ResourceServerScopeType{{ScopeName: "read"}}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := resourceserver.Insert(tx, api); err != nil {
				return err
			}
			for name, step := range map[string]struct {
				grant func(*db.Tx, *client.Client, []string) ([]string, error)
				asked []string
				want  []string // nil: refused
			}{
				"client, all":        {scope.ForClient, nil, []string{"https://api.example.com/v1/read"}},
				"client, one":        {scope.ForClient, []string{"https://api.example.com/v1/read"}, []string{"https://api.example.com/v1/read"}},
				"client, openid":     {scope.ForClient, []string{"openid"}, nil},
				"client, account":    {scope.ForClient, []string{scope.Self}, nil},
				"client, gone":       {scope.ForClient, []string{"gone/read"}, nil},
				"user, all":          {scope.ForUser, nil, []string{"openid", "email", scope.Self, "https://api.example.com/v1/read"}},
				"user, email alone":  {scope.ForUser, []string{"email"}, nil},
				"user, email":        {scope.ForUser, []string{"email", "openid"}, []string{"email", "openid"}},
				"user, account":      {scope.ForUser, []string{scope.Self}, []string{scope.Self}},
				"user, not allowed":  {scope.ForUser, []string{"openid", "phone"}, nil},
				"user, some is gone": {scope.ForUser, []string{"openid", "gone/read"}, []string{"openid"}},
			} {
				got, err := step.grant(tx, c, step.asked)
				if !slices.Equal(got, step.want) || errors.Is(err, scope.ErrRefused) != (step.want == nil) {
					t.Errorf("%s: got %v, %v", name, got, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
