package sts

import (
	"maps"
	"slices"
	"strings"

	"cardea/engine/temporary"
	"cardea/spec/awsjson"
	"cardea/spec/sts"
)

// maxTags is how many tags a session may have.
const maxTags = 50

// tags are those that a session hands on, all of them transitive. Keys differ without regard to case.
type tags map[string]string

// transitive are the tags that sessions assumed from one keep.
func transitive(s *temporary.Session) tags {
	kept := tags{}
	for _, key := range s.Transitive {
		kept[key] = s.Tags[key]
	}
	return kept
}

// with gives all tags of the session that a request asks for, and which of them it hands on.
func (t tags) with(given []sts.Tag, handOn []string) (all map[string]string, keep []string, err error) {
	all, keep = maps.Clone(t), slices.Sorted(maps.Keys(t))
	if all == nil {
		all = map[string]string{}
	}
	names := map[string]string{} // of the tags given, by their keys in lower case
	for _, tag := range given {
		key := strings.ToLower(tag.Key)
		switch {
		case strings.HasPrefix(key, "aws:"):
			return nil, nil, parameter("Tag keys may not begin with aws:, which is reserved.")
		case names[key] != "":
			return nil, nil, parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case t.has(key):
			return nil, nil, parameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		names[key] = tag.Key
		all[tag.Key] = tag.Value
	}
	for _, key := range handOn {
		name := names[strings.ToLower(key)]
		if name == "" {
			return nil, nil, parameter("The specified transitive tag key must be included in the requested tags.")
		}
		if !slices.Contains(keep, name) {
			keep = append(keep, name)
		}
	}
	if len(all) > maxTags {
		return nil, nil, parameter("A session has at most 50 tags.")
	}
	return all, keep, nil
}

func (t tags) has(lower string) bool {
	for key := range t {
		if strings.ToLower(key) == lower {
			return true
		}
	}
	return false
}

func parameter(message string) error { return awsjson.Refuse("InvalidParameterValue", message) }
