package iamentity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"cardea/spec/iam"
)

// mostTags is how many tags an entity may have.
const mostTags = 50

var (
	// ErrManyTags says that an entity would have more tags than it may.
	ErrManyTags = errors.New("too many tags")

	// ErrTagTwice says that a request has a key of a tag twice.
	ErrTagTwice = errors.New("tag given twice")

	// ErrSystemTag says that a key is one that only AWS gives.
	ErrSystemTag = errors.New("tag reserved")
)

// Keys is how keys of tags are compared. Whichever it is, they are kept as they were written.
type Keys int

// How keys are compared: without regard to case for roles and users, with it for all else.
const (
	FoldedKeys Keys = iota
	ExactKeys
)

func (k Keys) key(text string) string {
	if k == FoldedKeys {
		return strings.ToLower(text)
	}
	return text
}

// Merge gives the tags of an entity with others added, or in the place of those with the same key, in the order of their keys.
func (k Keys) Merge(have, add []iam.Tag) ([]iam.Tag, error) {
	all := map[string]iam.Tag{}
	for _, tag := range have {
		all[k.key(tag.Key)] = tag
	}
	given := map[string]bool{}
	for _, tag := range add {
		key := k.key(tag.Key)
		if given[key] {
			return nil, ErrTagTwice
		}
		if strings.HasPrefix(strings.ToLower(tag.Key), "aws:") {
			return nil, ErrSystemTag
		}
		given[key] = true
		all[key] = tag
	}
	if len(all) > mostTags {
		return nil, ErrManyTags
	}
	list := make([]iam.Tag, 0, len(all))
	for _, tag := range all {
		list = append(list, tag)
	}
	slices.SortFunc(list, func(a, b iam.Tag) int { return strings.Compare(TagCursor(a), TagCursor(b)) })
	return list, nil
}

// Without gives tags without those of some keys. Keys that there are not change nothing.
func (k Keys) Without(have []iam.Tag, keys []string) []iam.Tag {
	gone := map[string]bool{}
	for _, key := range keys {
		gone[k.key(key)] = true
	}
	return slices.DeleteFunc(slices.Clone(have), func(tag iam.Tag) bool { return gone[k.key(tag.Key)] })
}

// longestCursor is how long a key may be that is a cursor itself, in bytes.
const longestCursor = 120

// TagCursor is the place of a tag in the list of an entity's tags: its key, of which the end is hashed where it is long.
func TagCursor(tag iam.Tag) string {
	if len(tag.Key) <= longestCursor {
		return tag.Key
	}
	sum := sha256.Sum256([]byte(tag.Key))
	end := hex.EncodeToString(sum[:16])
	return tag.Key[:longestCursor-len(end)] + end
}
