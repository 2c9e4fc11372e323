package federation_test

import (
	"testing"

	"cardea/engine/account"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// identify makes an identity the one that a user has come with.
func identify(t *testing.T, w *servertest.World, in, username, from, subject string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		p, err := pool.Get(tx, id.Pool(in))
		if err != nil {
			return err
		}
		idp, err := provider.Get(tx, p.ID, from)
		if err != nil {
			return err
		}
		u, err := account.Find(tx, p, username)
		if err != nil {
			return err
		}
		err = identity.Link(tx, u, linkedidentity.Identity{
			Key: linkedidentity.Key{Provider: from, Attribute: linkedidentity.Subject, Value: subject},
			Doc: linkedidentity.Doc{Type: idp.Doc.ProviderType, Primary: true},
		})
		if err != nil {
			return err
		}
		return account.Save(tx, p, u, false)
	})
	if err != nil {
		t.Fatal(err)
	}
}
