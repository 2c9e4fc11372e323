package passkeys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/passkey"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// pageSize is how many passkeys a page has at most, and when no MaxResults is given.
const pageSize = 20

// ListWebAuthnCredentials lists the bearer's passkeys, the oldest first, page by page.
func (s *Service) ListWebAuthnCredentials(ctx context.Context, in *cognitoidp.ListWebAuthnCredentialsRequest) (*cognitoidp.ListWebAuthnCredentialsResponse, error) {
	var b *access.Subject
	var list []passkey.Credential
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) (err error) {
		b = who
		list, err = passkey.List(tx, b.Pool.ID, b.User.Sub)
		return err
	})
	if err != nil {
		return nil, err
	}

	binding := fmt.Sprintf("ListWebAuthnCredentials/%s/%s", b.Pool.ID, b.User.Sub)
	cursor, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	list = behind(cursor, list)
	next := ""
	if limit := int(cmp.Or(in.MaxResults, pageSize)); len(list) > limit {
		list = list[:limit]
		next = place(list[limit-1])
	}
	return &cognitoidp.ListWebAuthnCredentialsResponse{Credentials: describe(list), NextToken: s.Pages.Encode(binding, next)}, nil
}

// DeleteWebAuthnCredential removes one of the bearer's passkeys.
func (s *Service) DeleteWebAuthnCredential(ctx context.Context, in *cognitoidp.DeleteWebAuthnCredentialRequest) (*cognitoidp.DeleteWebAuthnCredentialResponse, error) {
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		err := passkey.Delete(tx, b.Pool.ID, b.User.Sub, in.CredentialId)
		if errors.Is(err, db.ErrNotFound) {
			return cognitoidp.ResourceNotFound("The passkey does not exist.")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DeleteWebAuthnCredentialResponse{}, nil
}

// place is the position of a passkey in the list: the moment it was made and, for those of one moment, its id.
func place(c passkey.Credential) string {
	return strconv.FormatInt(db.Millis(c.Created), 10) + "/" + c.ID
}

// behind gives the passkeys after a position, also when the passkey at it has been deleted. The list is in the order of
// positions.
func behind(cursor string, list []passkey.Credential) []passkey.Credential {
	if cursor == "" {
		return list
	}
	moment, id, _ := strings.Cut(cursor, "/")
	created, _ := strconv.ParseInt(moment, 10, 64) // the token is sealed, so this server wrote it
	i := slices.IndexFunc(list, func(c passkey.Credential) bool {
		return cmp.Or(cmp.Compare(db.Millis(c.Created), created), cmp.Compare(c.ID, id)) > 0
	})
	if i < 0 {
		return nil
	}
	return list[i:]
}

func describe(list []passkey.Credential) []cognitoidp.WebAuthnCredentialDescription {
	out := make([]cognitoidp.WebAuthnCredentialDescription, len(list))
	for i, c := range list {
		out[i] = cognitoidp.WebAuthnCredentialDescription{
			CredentialId:            c.ID,
			FriendlyCredentialName:  c.Name,
			RelyingPartyId:          c.RelyingParty,
			AuthenticatorAttachment: c.Attachment,
			AuthenticatorTransports: append([]string{}, c.Transports...),
			CreatedAt:               awsjson.At(c.Created),
		}
	}
	return out
}
