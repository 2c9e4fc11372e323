package brand

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestThemesAreCustomPropertiesAlone(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^:root\{(color-scheme:(light|dark);)?(--[a-z-]+:light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\);){15}--round:[0-9.]+px\}$`)
	for document, want := range map[string]Look{
		``: {Schemes: "DYNAMIC"},
		`{"categories":{"global":{"colorSchemeMode":"DARK"}},"components":{"form":{"logo":{"enabled":true}}}}`:                     {Schemes: "DARK", Logo: true},
		`{"componentClasses":{"buttons":{"borderRadius":2.5}},"components":{"pageBackground":{"lightMode":{"color":"ABCDEF80"}}}}`: {Schemes: "DYNAMIC"},
	} {
		look, err := Theme([]byte(document))
		if err != nil || !form.MatchString(look.Style) {
			t.Errorf("%s: %q, %v", document, look.Style, err)
		}
		if look.Style = ""; look != want {
			t.Errorf("%s: got %+v, want %+v", document, look, want)
		}
	}
	look, err := Theme([]byte(`{"componentClasses":{"buttons":{"borderRadius":2.5}},"components":{"pageBackground":{"lightMode":{"color":"00000080"}}}}`))
	if err != nil || !strings.Contains(look.Style, "--round:2.5px") || !strings.Contains(look.Style, "--page:light-dark(#7f7f7f,") {
		t.Errorf("%s, %v", look.Style, err)
	}
	if plain, err := Theme(nil); err != nil || !strings.Contains(plain.Style, "--accent:light-dark(#14645e,#7bcdc4)") {
		t.Errorf("the server's own look: %s, %v", plain.Style, err)
	}
}

func TestTextCanBeReadWhateverColoursAreChosen(t *testing.T) {
	t.Parallel()
	any := func() shade { return shade{rand.Float64() * 255, rand.Float64() * 255, rand.Float64() * 255} }
	for range 10_000 {
		text, back := any(), any()
		if got := contrast(text.on(back), back); got < readable {
			t.Fatalf("%v on %v: contrast %v", text.on(back), back, got)
		}
	}
	white, black := shade{255, 255, 255}, shade{}
	if got := contrast(white, black); math.Abs(got-21) > 1e-9 {
		t.Errorf("black and white: %v", got)
	}
	look, err := Theme([]byte(`{"components":{"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"ffff00ff","textColor":"ffffffff"}}}}}`))
	if err != nil || !strings.Contains(look.Style, "--accent:light-dark(#ffff00,") || !strings.Contains(look.Style, "--on-accent:light-dark(#000000,") {
		t.Errorf("white on yellow: %s, %v", look.Style, err)
	}
}
