package rates

import (
	"context"
	"math"
	"time"

	"cardea/engine/throttle"
	"cardea/platform/db"
	"cardea/record/limit"
	"cardea/spec/cognitoidp"
)

const (
	// Highest is the highest limit of a category, in requests a second. A category that has it is not bounded.
	Highest = 1_000_000

	// maxBurst bounds how many requests may come at once where the limit is higher than the configuration's.
	maxBurst = 10_000_000

	// Interval is how often nodes read limits that other nodes have set.
	Interval = 2 * time.Second
)

// Rate is so many requests a second, and so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limit is the limit of a category, for each pool on each node, in requests a second.
type Limit struct {
	Free        int64 // the configuration's, or Cognito's quota where it bounds nothing
	Provisioned int64 // in force
}

// bounds are those in force, by category.
type bounds map[string]*bound

// bound is that of a category.
type bound struct {
	rate     Rate
	requests *throttle.Throttle
	answers  *throttle.Throttle // to challenges; nil but of Authentication
}

// limit is the limit of a category where the API has set a value, or 0: none. One that the configuration has reached since does not hold
// any more.
func (l *Limiter) limit(category string, set int64) Limit {
	configured, bounded := l.configured[category]
	free := int64(math.Ceil(configured.PerSecond))
	if !bounded {
		free = cognitoidp.Categories[category].Quota
	}
	if !bounded && set == 0 {
		set = Highest
	}
	return Limit{Free: free, Provisioned: max(free, set)}
}

// rate is the rate of a category where the API has set a value, or 0; false: nothing bounds it. At once as large a part of a second's
// requests may come as with the configuration's rate.
func (l *Limiter) rate(category string, set int64) (Rate, bool) {
	configured, bounded := l.configured[category]
	switch of := l.limit(category, set); {
	case of.Provisioned >= Highest:
		return Rate{}, false
	case bounded && of.Provisioned == of.Free:
		return configured, true
	case bounded:
		burst := math.Ceil(float64(configured.Burst) * float64(of.Provisioned) / configured.PerSecond)
		return Rate{float64(of.Provisioned), int(min(burst, maxBurst))}, true
	default:
		return Rate{float64(of.Provisioned), int(of.Provisioned)}, true
	}
}

// Free is the limit of a category that holds where none is set, and the lowest that can be.
func (l *Limiter) Free(category string) int64 { return l.limit(category, 0).Free }

// Provisioned tells the limit of a category, as it is stored.
func (l *Limiter) Provisioned(ctx context.Context, category string) (Limit, error) {
	set, err := l.read(ctx)
	return l.limit(category, set[category]), err
}

// Provision sets the limit of a category. It is in force on this node at once, and on others after Interval. A value that is the
// configuration's leaves the limit to the configuration.
func (l *Limiter) Provision(ctx context.Context, category string, value int64) (Limit, error) {
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		if value == l.limit(category, 0).Provisioned {
			return limit.Unset(tx, category)
		}
		return limit.Set(tx, category, value)
	})
	if err != nil {
		return Limit{}, err
	}
	return l.limit(category, value), l.Load(ctx)
}

// Load puts the limits in force that are stored. A category whose rate changes is counted anew; others go on.
func (l *Limiter) Load(ctx context.Context) error {
	l.loading.Lock() // until they are in force, or of two loads the one that has read first could have the last word
	defer l.loading.Unlock()
	set, err := l.read(ctx)
	if err != nil {
		return err
	}
	l.put(set)
	return nil
}

func (l *Limiter) read(ctx context.Context) (set map[string]int64, err error) {
	err = l.db.Read(ctx, func(tx *db.Tx) (err error) {
		set, err = limit.All(tx)
		return err
	})
	return set, err
}

// put has the limits bound requests from now on.
func (l *Limiter) put(set map[string]int64) {
	before, now := l.inForce(), bounds{}
	for category := range cognitoidp.Categories {
		rate, bounded := l.rate(category, set[category])
		switch was := before[category]; {
		case !bounded:
		case was != nil && was.rate == rate:
			now[category] = was
		default:
			now[category] = l.bound(category, rate)
		}
	}
	l.bounds.Store(&now)
}

func (l *Limiter) bound(category string, r Rate) *bound {
	b := &bound{rate: r, requests: &throttle.Throttle{PerSecond: r.PerSecond, Burst: r.Burst, Now: l.now}}
	if category == Authentication {
		b.answers = &throttle.Throttle{PerSecond: perSignIn * r.PerSecond, Burst: perSignIn * r.Burst, Now: l.now}
	}
	return b
}

// inForce are the bounds by category. They are replaced as a whole, so that a request waits for nothing.
func (l *Limiter) inForce() bounds {
	if b := l.bounds.Load(); b != nil {
		return *b
	}
	return nil
}
