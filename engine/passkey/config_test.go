package passkey

import "testing"

func TestRelyingPartyIsADomainOfOnesOwn(t *testing.T) {
	t.Parallel()
	for want, ids := range map[error][]string{
		nil: {
			"example.com", "auth.example.co.uk", "localhost", "xn--bcher-kva.example", "me.github.io", "id.corp.internal",
			"demo.auth.us-east-1.amazoncognito.com",
		},
		ErrPublicSuffix: {"co.uk", "github.io"},
		ErrNotDomain: {
			"com", "intranet", "Example.com", "bücher.example", "https://example.com", "example.com:443", "example.com/", "127.0.0.1", "::1",
			"", "example..com", ".example.com", "exa mple.com", "*.example.com", "example.com.",
		},
	} {
		for _, rp := range ids {
			if err := CheckRelyingParty(rp); err != want {
				t.Errorf("%q: %v, want %v", rp, err, want)
			}
		}
	}
}
