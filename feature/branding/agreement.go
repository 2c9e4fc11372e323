package branding

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/terms"
	"cardea/spec/id"
)

// Terms are the addresses of the documents that whoever signs up agrees to. Both are empty unless the client has both.
type Terms struct{ OfUse, Privacy string }

// TermsOf gives a client's terms in a language, which is named as the documents name it.
func (s *Service) TermsOf(ctx context.Context, pool id.Pool, client id.Client, language string) (t Terms, err error) {
	address := func(tx *db.Tx, name string) (string, error) {
		document, err := terms.Find(tx, pool, client, name)
		if err != nil {
			return "", fmt.Errorf("find %s: %w", name, err)
		}
		return cmp.Or(document.Links[language], document.Links[fallback]), nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		t = Terms{}
		if t.OfUse, err = address(tx, "terms-of-use"); err != nil {
			return err
		}
		t.Privacy, err = address(tx, "privacy-policy")
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return Terms{}, nil
	}
	return t, err
}
