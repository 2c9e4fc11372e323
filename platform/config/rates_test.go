package config

import "testing"

func TestRatesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  Rate
		rate  float64
		burst int
		good  bool
	}{
		{"", 0, 0, true}, {"0", 0, 1, true}, {"10", 10, 10, true}, {"0.5", 0.5, 1, true}, {"10:100", 10, 100, true},
		{"-1", 0, 0, false}, {"a", 0, 0, false}, {"1:0", 0, 0, false}, {"1:", 0, 0, false}, {"NaN", 0, 0, false}, {"1e9", 0, 0, false}, {"0.001:10000000", 0, 0, false}, {"0:5", 0, 5, true},
	} {
		rate, burst, err := c.text.Parse()
		if (err == nil) != c.good || err == nil && (rate != c.rate || burst != c.burst) {
			t.Errorf("%q: got %v, %d, %v", c.text, rate, burst, err)
		}
	}
	if (Rates{Default: "none", Categories: []string{"UserRead"}}).check() == nil || (Rates{Default: "none", Source: "x"}).check() == nil || (Rates{}).check() == nil {
		t.Error("wrong rates are let through")
	}
}
