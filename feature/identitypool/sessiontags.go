package identitypool

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// Bounds of session tags, in characters.
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// tagValue is what values of session tags are made of.
var tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// defaultTags are the tags of sessions for providers that use the defaults, and the claims that they come from.
var defaultTags = map[string]string{"client": "aud", "username": "sub"}

// sessionTags are the tags that a login gives the sessions of its user (docs/cognito/credentials.md, "Choice of the role"). A claim that
// is absent gives no tag; one that cannot be the value of a tag is refused, since a tag that was altered or left out might be
// another's.
func sessionTags(tx *db.Tx, pool id.IdentityPool, t *federated.Token) (map[string]string, error) {
	m, err := identitypool.GetTagMap(tx, pool, cmp.Or(t.ARN, t.Provider))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	from := m.Tags
	if m.UseDefaults {
		from = defaultTags
	}
	tags := map[string]string{}
	for key, claim := range from {
		values := t.Claims[claim]
		if claim == "aud" {
			values = []string{t.Audience} // which of several is meant is known by now
		}
		if len(values) > 0 {
			tags[key] = strings.Join(values, ",")
		}
	}
	return tags, checkSessionTags(tags)
}

// checkSessionTags answers a fault for tags that no session can have.
func checkSessionTags(tags map[string]string) error {
	if err := checkTagKeys(tags); err != nil {
		return err
	}
	for key, value := range tags {
		if !tagValue.MatchString(value) || utf8.RuneCountInString(value) > maxTagValue {
			return cognitoidentity.InvalidParameter("Invalid value of the principal tag " + key)
		}
	}
	return nil
}

// checkTagKeys answers a fault for keys that no session can have, or not together: policies do not tell them apart by case.
func checkTagKeys(tags map[string]string) error {
	seen := make(map[string]bool, len(tags))
	for key := range tags {
		lower := strings.ToLower(key)
		if !tagKey.MatchString(key) || utf8.RuneCountInString(key) > maxTagKey || strings.HasPrefix(lower, "aws:") {
			return cognitoidentity.InvalidParameter("Invalid principal tag: " + key)
		}
		if seen[lower] {
			return cognitoidentity.InvalidParameter("Duplicate principal tags: keys differ by more than case.")
		}
		seen[lower] = true
	}
	return nil
}
