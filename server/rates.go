package server

import (
	"errors"
	"fmt"

	"cardea/engine/rates"
	"cardea/engine/throttle"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/telemetry"
	"cardea/spec/cognitoidp"
)

// rates are the bounds that the configuration gives, or those of config.Default.
func (c *Config) rates() config.Rates {
	if c.Rates != nil {
		return *c.Rates
	}
	return config.Default().Rates
}

// bound makes a throttle of a rate, which config has let through.
func (c *Config) bound(r config.Rate) *throttle.Throttle {
	perSecond, burst, _ := r.Parse()
	return &throttle.Throttle{PerSecond: perSecond, Burst: burst, Now: c.now()}
}

// CheckRates tells which categories of the settings there are not. That their rates are none is told by config.
func CheckRates(settings config.Rates) error {
	var wrong []error
	for _, text := range settings.Categories {
		name, _, err := config.Category(text)
		if _, known := cognitoidp.Categories[name]; err == nil && !known {
			wrong = append(wrong, fmt.Errorf("rates.categories: there is no category %s", name))
		}
	}
	return errors.Join(wrong...)
}

// newLimiter makes what bounds requests by category.
func newLimiter(c *Config, store *db.DB, metrics *telemetry.Metrics) *rates.Limiter {
	given, _ := categoryRates(c.rates()) // they have been checked
	count := metrics.Counter("rate_refusals_total", "Number of requests that a rate limit has refused, by category.", "category")
	l := rates.New(store, given, c.now(), func(category string) { count(category) })
	if source := c.rates().Source; source != "" {
		l.Source = c.bound(source)
	}
	return l
}

// categoryRates are the bounds by category that settings give; Cognito has all categories.
func categoryRates(settings config.Rates) (map[string]rates.Rate, error) {
	all := map[string]rates.Rate{}
	if settings.Default == "cognito" {
		for name, of := range cognitoidp.Categories {
			all[name] = rates.Rate{PerSecond: float64(of.Quota), Burst: int(of.Quota)}
		}
	}
	for _, text := range settings.Categories {
		name, rate, err := config.Category(text)
		if err != nil {
			return nil, fmt.Errorf("rates.categories: %w", err)
		}
		if _, known := cognitoidp.Categories[name]; !known {
			return nil, fmt.Errorf("rates.categories: there is no category %s", name)
		}
		perSecond, burst, _ := rate.Parse() // Category has read it
		if all[name] = (rates.Rate{PerSecond: perSecond, Burst: burst}); perSecond == 0 {
			delete(all, name)
		}
	}
	return all, nil
}
