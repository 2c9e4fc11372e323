package interaction_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/interaction"
)

func TestATripOpensForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	b := box(t, "pool")
	own := interaction.Owner{Pool: owner.Pool, Domain: owner.Domain, Request: "0123456789abABCDEFGHIJKLMNOPQRST", Browser: owner.Browser}
	out := interaction.Trip{Provider: "Google", Query: "client_id=x&state=" + strings.Repeat("y", 4000), Began: 1_700_000_000_000}
	text := interaction.SealTrip(b, own, out)
	if back := interaction.OpenTrip(b, own, text); !cmp.Equal(&out, back) {
		t.Fatal(cmp.Diff(&out, back))
	}
	for name, change := range map[string]func(*interaction.Owner){
		"pool":    func(o *interaction.Owner) { o.Pool = "us-east-1_other" },
		"domain":  func(o *interaction.Owner) { o.Domain = "bank" },
		"handle":  func(o *interaction.Owner) { o.Request = "0123456789abABCDEFGHIJKLMNOPQRSU" },
		"browser": func(o *interaction.Owner) { o.Browser = "b2" },
	} {
		other := own
		change(&other)
		if interaction.OpenTrip(b, other, text) != nil {
			t.Errorf("it opens for another %s", name)
		}
	}
	interactionText := interaction.Seal(b, own, interaction.Interaction{Page: "PASSWORD"}, now)
	for name, text := range map[string]string{
		"empty": "", "cut": text[:len(text)-4], "an interaction": interactionText, "far too long": strings.Repeat("A", 1<<20),
	} {
		if interaction.OpenTrip(b, own, text) != nil {
			t.Errorf("%s: it opens", name)
		}
	}
	if interaction.OpenTrip(box(t, "other"), own, text) != nil {
		t.Error("it opens with another pool's box")
	}
	if _, ok := interaction.Open(b, own, text, now); ok {
		t.Error("a trip is an interaction")
	}
}

func TestATripFitsIntoACookie(t *testing.T) {
	t.Parallel()
	b := box(t, "pool")
	if text := interaction.SealTrip(b, owner, interaction.Trip{Query: strings.Repeat(rand.Text(), 200)}); text == "" || len(text) > interaction.Most {
		t.Errorf("a long request that repeats itself has %d characters", len(text))
	}
	var long strings.Builder
	for long.Len() < 6000 {
		long.WriteString(rand.Text())
	}
	if text := interaction.SealTrip(b, owner, interaction.Trip{Query: long.String()}); text != "" {
		t.Errorf("a trip of %d characters", len(text))
	}
}
