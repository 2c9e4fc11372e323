package domains

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"cardea/spec/cognitoidp"
)

// reserved are words that no prefix may have between its hyphens.
var reserved = []string{"aws", "amazon", "cognito"}

// labelForm is the form of a prefix and of each label of a custom domain.
const labelForm = `^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`

var label = regexp.MustCompile(labelForm)

// checkPrefix refuses a prefix that Cognito would, and every one on a server that has no host name for prefixes.
func (s *Service) checkPrefix(prefix string) error {
	if !label.MatchString(prefix) {
		return cognitoidp.InvalidParameter("The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. Please enter a different name that follows this format: " + labelForm)
	}
	for word := range strings.SplitSeq(prefix, "-") {
		if slices.Contains(reserved, word) {
			return cognitoidp.InvalidParameter("Domain cannot contain reserved word: " + word)
		}
	}
	if s.Sites.Names.BaseDomain == "" {
		return cognitoidp.InvalidParameter("This server has no base domain for prefixes: its setting base_domain is empty.")
	}
	return nil
}

// checkCustom refuses a custom domain that is not below a domain that somebody can own, or that is the server's own.
func (s *Service) checkCustom(name string, config *cognitoidp.CustomDomainConfigType) error {
	labels := strings.Split(name, ".")
	valid := !slices.ContainsFunc(labels, func(text string) bool { return !label.MatchString(text) }) &&
		strings.Trim(labels[len(labels)-1], "0123456789") != ""
	if !valid || s.Sites.Names.Reserved(name) {
		return notSubdomain()
	}
	_, parent, _ := strings.Cut(name, ".")
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name || suffix == parent {
		return notSubdomain()
	}
	return s.Certificates.Check(config.CertificateArn, name)
}

func notSubdomain() error {
	return cognitoidp.InvalidParameter("Custom domain is not a valid subdomain")
}

// loginVersion checks a version of the pages; absent is def.
func loginVersion(given *int64, def int64) (*int64, error) {
	if given == nil {
		return &def, nil
	}
	if *given != 1 && *given != 2 {
		return nil, cognitoidp.InvalidParameter("ManagedLoginVersion must be 1 or 2.")
	}
	return given, nil
}
