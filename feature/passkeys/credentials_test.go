package passkeys_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// walk lists page by page.
func walk(t *testing.T, w *servertest.World, who M, size int) (pages [][]string, tokens []string) {
	t.Helper()
	in := with(who, M{"MaxResults": size})
	for {
		out := w.Must(t, "ListWebAuthnCredentials", in)
		page := []string{}
		for _, item := range out["Credentials"].([]any) {
			page = append(page, text(item.(M), "CredentialId"))
		}
		pages = append(pages, page)
		next := text(out, "NextToken")
		if next == "" {
			return pages, tokens
		}
		tokens = append(tokens, next)
		in = with(in, M{"NextToken": next})
	}
}

func TestListGoesPageByPageInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, _, who := alice(t, w)
		var all []string
		for i := range 5 {
			all = append(all, register(t, w, who))
			if i%2 == 0 {
				w.Advance(time.Second) // some are of one moment
			}
		}
		slices.Sort(all[1:3])
		slices.Sort(all[3:5])
		for size, want := range map[int][][]string{
			0: {all}, 20: {all}, 5: {all}, 2: {all[:2], all[2:4], all[4:]}, 1: {all[:1], all[1:2], all[2:3], all[3:4], all[4:]},
		} {
			pages, _ := walk(t, w, who, size)
			if diff := cmp.Diff(want, pages); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", size, diff)
			}
		}

		_, tokens := walk(t, w, who, 2)
		w.Must(t, "DeleteWebAuthnCredential", with(who, M{"CredentialId": all[1]}))
		out := w.Must(t, "ListWebAuthnCredentials", with(who, M{"NextToken": tokens[0]}))
		if got := text(out, "Credentials.0.CredentialId"); got != all[2] {
			t.Errorf("behind a deleted passkey comes %s, want %s", got, all[2])
		}
		for _, id := range ids(t, w, who) {
			w.Must(t, "DeleteWebAuthnCredential", with(who, M{"CredentialId": id}))
		}
		out = w.Must(t, "ListWebAuthnCredentials", with(who, M{"NextToken": tokens[0]}))
		if list, ok := out["Credentials"].([]any); !ok || len(list) != 0 {
			t.Errorf("behind the last: %v", out)
		}
	})
}

func TestPageTokensAreTheUsersOwn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, who := alice(t, w)
		register(t, w, who)
		register(t, w, who)
		_, tokens := walk(t, w, who, 1)
		bob := bearer(t, w, pool, client, "bob")
		forged := []byte(tokens[0])
		forged[len(forged)/2] ^= 1
		for _, in := range []M{with(bob, M{"NextToken": tokens[0]}), with(who, M{"NextToken": string(forged)}), with(who, M{"NextToken": "x"})} {
			w.Fails(t, "ListWebAuthnCredentials", in, "InvalidParameterException", "")
		}
		w.Fails(t, "ListWebAuthnCredentials", with(who, M{"MaxResults": 21}), "InvalidParameterException", "")
		w.Fails(t, "ListWebAuthnCredentials", with(who, M{"MaxResults": -1}), "InvalidParameterException", "")
	})
}

func TestPasskeysOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, who := alice(t, w)
		id := register(t, w, who)
		bob := bearer(t, w, pool, client, "bob")
		w.Fails(t, "DeleteWebAuthnCredential", with(bob, M{"CredentialId": id}), "ResourceNotFoundException", "The passkey does not exist.")
		_, _, elsewhere := alice(t, w)
		w.Fails(t, "DeleteWebAuthnCredential", with(elsewhere, M{"CredentialId": id}), "ResourceNotFoundException", "")
		if diff := cmp.Diff([]string{id}, ids(t, w, who)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if list := append(ids(t, w, bob), ids(t, w, elsewhere)...); len(list) != 0 {
			t.Errorf("others see %v", list)
		}
	})
}
