package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Rate is so many requests a second, and after a colon so many at once: "10:100". Without the latter as many at once as in a second;
// "0" and "" are no bound.
type Rate string

// maxWait bounds the seconds in which as many requests become free again as may come at once: a year.
const maxWait = 365 * 24 * 3600

// Parse reads the rate; 0 is no bound.
func (r Rate) Parse() (perSecond float64, burst int, err error) {
	if r == "" {
		return 0, 0, nil
	}
	rate, most, given := strings.Cut(string(r), ":")
	perSecond, err = strconv.ParseFloat(rate, 64)
	if err != nil || perSecond < 0 || perSecond > 1e6 || perSecond != 0 && perSecond < 0.001 || math.IsNaN(perSecond) {
		return 0, 0, fmt.Errorf("%q is no rate, such as 10 or 10:100", string(r))
	}
	burst = max(1, int(math.Ceil(perSecond)))
	if given {
		if burst, err = strconv.Atoi(most); err != nil || burst < 1 || burst > 1e7 || perSecond > 0 && float64(burst) > maxWait*perSecond {
			return 0, 0, fmt.Errorf("%q is no rate, such as 10 or 10:100", string(r))
		}
	}
	return perSecond, burst, nil
}

// Rates bound how often requests are answered, on each node.
type Rates struct {
	// Default is "none", or "cognito" for Cognito's quotas by category.
	Default string `toml:"default"`
	// Categories are bounds of requests for each pool, as "UserAuthentication=120:240".
	Categories []string `toml:"categories"`
	// Source bounds operations without a signature and requests to domains by the network that they come from.
	Source Rate `toml:"source"`

	// Guests and those after it bound operations of identity pools by network: new guests, logins, unlinking, credentials, tokens;
	// IdentityPool bounds all of them for each pool. WebIdentity is for those of STS that need no signature.
	Guests       Rate `toml:"guests"`
	Logins       Rate `toml:"logins"`
	Unlinking    Rate `toml:"unlinking"`
	Credentials  Rate `toml:"credentials"`
	Tokens       Rate `toml:"tokens"`
	IdentityPool Rate `toml:"identity_pool"`
	WebIdentity  Rate `toml:"web_identity"`
}

// Category reads one of Categories.
func Category(text string) (name string, r Rate, err error) {
	name, rate, found := strings.Cut(text, "=")
	if !found || name == "" {
		return "", "", fmt.Errorf("%q is not category=rate", text)
	}
	_, _, err = Rate(rate).Parse()
	return name, Rate(rate), err
}

func (r Rates) check() error {
	wrong := []error{checkOneOf("rates.default", r.Default, "none", "cognito")}
	for _, text := range r.Categories {
		if _, _, err := Category(text); err != nil {
			wrong = append(wrong, fmt.Errorf("rates.categories: %w", err))
		}
	}
	for name, rate := range map[string]Rate{
		"source": r.Source, "guests": r.Guests, "logins": r.Logins, "unlinking": r.Unlinking, "credentials": r.Credentials,
		"tokens": r.Tokens, "identity_pool": r.IdentityPool, "web_identity": r.WebIdentity,
	} {
		if _, _, err := rate.Parse(); err != nil {
			wrong = append(wrong, fmt.Errorf("rates.%s: %w", name, err))
		}
	}
	return errors.Join(wrong...)
}

// examine looks whether one network can use up what a category leaves to all who do not sign. That bound has no default: backends that
// sign in for their users have one address for all of them, and only the operator knows their rate.
func (r Rates) examine(f *Findings) {
	bounded := r.Default == "cognito"
	for _, text := range r.Categories {
		_, rate, _ := Category(text) // check has told what is wrong
		perSecond, _, _ := rate.Parse()
		bounded = bounded || perSecond > 0
	}
	if perSecond, _, _ := r.Source.Parse(); bounded && perSecond == 0 {
		f.doubtful("rates.source", "categories are bounded and networks are not, so that one that knows the id of an app can keep the users of its pool out")
	}
}

func defaultRates() Rates {
	return Rates{
		Default: "none", Guests: "2:20", Logins: "10:100", Unlinking: "2:20", Credentials: "20:200", Tokens: "10:100",
		IdentityPool: "5000:50000", WebIdentity: "10:100",
	}
}
