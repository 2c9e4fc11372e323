package interaction_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/interaction"
	"cardea/platform/seal"
)

var (
	now   = time.UnixMilli(1_700_000_000_000)
	owner = interaction.Owner{Pool: "us-east-1_AbCdEfGhI", Domain: "shop", Client: "1example23456789", Request: "cafe", Browser: "b1"}
)

func box(t *testing.T, scope string) *seal.Box {
	t.Helper()
	b, err := seal.NewBox(scope, 1, seal.Key{ID: 1, Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnInteractionOpensForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	b := box(t, "pool")
	it := interaction.Interaction{
		Page: "EMAIL_OTP", Session: "AYABe", Name: "ana@example.com", Shown: map[string]string{"CODE_DELIVERY_DESTINATION": "a***"},
		Ways: []string{"EMAIL_OTP"}, Choice: &interaction.Choice{Session: "AYABf", Answer: "EMAIL_OTP"},
	}
	text := interaction.Seal(b, owner, it, now)
	it.At = now.UnixMilli()
	got, ok := interaction.Open(b, owner, text, now.Add(interaction.Life))
	if diff := cmp.Diff(it, got); diff != "" || !ok {
		t.Errorf("%t (-want +got):\n%s", ok, diff)
	}

	for name, change := range map[string]func(*interaction.Owner){
		"pool":    func(o *interaction.Owner) { o.Pool = "us-east-1_other" },
		"domain":  func(o *interaction.Owner) { o.Domain = "bank" },
		"client":  func(o *interaction.Owner) { o.Client = "2example23456789" },
		"request": func(o *interaction.Owner) { o.Request = "beef" },
		"browser": func(o *interaction.Owner) { o.Browser = "b2" },
	} {
		other := owner
		change(&other)
		if _, ok := interaction.Open(b, other, text, now); ok {
			t.Errorf("it opens for another %s", name)
		}
		if interaction.CheckToken(b, other, interaction.Token(b, owner)) {
			t.Errorf("the token holds for another %s", name)
		}
	}
	if !interaction.CheckToken(b, owner, interaction.Token(b, owner)) || interaction.CheckToken(b, owner, "") {
		t.Error("the owner's own token does not hold, or none does")
	}

	for name, open := range map[string]func() (interaction.Interaction, bool){
		"too late": func() (interaction.Interaction, bool) {
			return interaction.Open(b, owner, text, now.Add(interaction.Life+time.Millisecond))
		},
		"too early": func() (interaction.Interaction, bool) {
			return interaction.Open(b, owner, text, now.Add(-time.Millisecond))
		},
		"other box": func() (interaction.Interaction, bool) { return interaction.Open(box(t, "other"), owner, text, now) },
		"cut":       func() (interaction.Interaction, bool) { return interaction.Open(b, owner, text[:len(text)-4], now) },
		"empty":     func() (interaction.Interaction, bool) { return interaction.Open(b, owner, "", now) },
		"far too long": func() (interaction.Interaction, bool) {
			return interaction.Open(b, owner, strings.Repeat("A", 1<<20), now)
		},
	} {
		if got, ok := open(); ok || got.Session != "" {
			t.Errorf("%s: it opens", name)
		}
	}
}

func TestLengthsOfInteractionsDoNotTell(t *testing.T) {
	t.Parallel()
	b := box(t, "pool")
	lengths := map[int]bool{}
	for _, name := range []string{"a", "ana@example.com", strings.Repeat("x", 128)} {
		lengths[len(interaction.Seal(b, owner, interaction.Interaction{Page: "PASSWORD", Name: name}, now))] = true
	}
	if len(lengths) != 1 {
		t.Errorf("lengths %v", lengths)
	}
	if text := interaction.Seal(b, owner, interaction.Interaction{Session: strings.Repeat("x", interaction.Most)}, now); text != "" {
		t.Errorf("an interaction of %d characters", len(text))
	}
}

func TestAStepMayEndBeforeItsInteraction(t *testing.T) {
	t.Parallel()
	b := box(t, "pool")
	until := now.Add(time.Minute)
	text := interaction.Seal(b, owner, interaction.Interaction{Page: "reset", Until: until.UnixMilli()}, now)
	if _, ok := interaction.Open(b, owner, text, until.Add(-time.Millisecond)); !ok {
		t.Error("it has ended before its time")
	}
	if it, ok := interaction.Open(b, owner, text, until); ok || it.Page != "" {
		t.Errorf("it has not ended: %+v", it)
	}
}
