package brand

import (
	"fmt"
	"math"
	"strconv"
)

// shade is an opaque colour: red, green and blue.
type shade [3]float64

// over is a colour of a document, RRGGBBAA, laid over what is behind it.
func over(text string, behind shade) shade {
	number, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) != 8 {
		return behind // Check lets no such text through
	}
	opacity := float64(number&0xff) / 255
	var mixed shade
	for i := range mixed {
		mixed[i] = opacity*float64(number>>(24-8*i)&0xff) + (1-opacity)*behind[i]
	}
	return mixed
}

// String is the colour as style sheets write it.
func (s shade) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(s[0])), int(math.Round(s[1])), int(math.Round(s[2])))
}

// mixed is the colour with another one behind it, of which it covers a share.
func (s shade) mixed(share float64, behind shade) (m shade) {
	for i := range m {
		m[i] = share*s[i] + (1-share)*behind[i]
	}
	return m
}

// on is the colour if text in it can be read on all backgrounds, otherwise black or white.
func (s shade) on(backgrounds ...shade) shade { return s.with(readable, backgrounds...) }

// with is the colour if it has a contrast to all backgrounds, otherwise black or white, whichever has more.
func (s shade) with(wanted float64, backgrounds ...shade) shade {
	if s.least(backgrounds) >= wanted {
		return s
	}
	black, white := shade{}, shade{255, 255, 255}
	if black.least(backgrounds) > white.least(backgrounds) {
		return black
	}
	return white
}

// least is the least contrast to some backgrounds.
func (s shade) least(backgrounds []shade) float64 {
	least := math.Inf(1)
	for _, background := range backgrounds {
		least = min(least, contrast(s, background))
	}
	return least
}

// contrast is the contrast ratio of two colours (WCAG 2.2, "contrast ratio").
func contrast(a, b shade) float64 {
	light, dark := a.luminance(), b.luminance()
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is the relative luminance of a colour (WCAG 2.2, "relative luminance").
func (s shade) luminance() float64 {
	var linear [3]float64
	for i, value := range s {
		value /= 255
		if value <= 0.04045 {
			linear[i] = value / 12.92
		} else {
			linear[i] = math.Pow((value+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}
