package iamentity

import (
	"errors"
	"slices"

	"cardea/platform/page"
)

// defaultItems is how many entries a page has that MaxItems does not bound.
const defaultItems = 100

// ErrMarker says that a Marker is not one that this list has answered.
var ErrMarker = errors.New("invalid marker")

// Query asks for one page of a list.
type Query struct {
	// Binding names the list: the operation and all that decides what is in it. A Marker is good for this list alone.
	Binding  string
	Marker   string // of the page before; "" asks for the first
	MaxItems int64  // 0 is 100
}

// Read reads up to limit entries of a list, from the first that comes after the one with a cursor.
type Read[T any] func(after string, limit int) ([]T, error)

// Page reads one page of a list, which is never nil, and the Marker of the next, "" after the last. The cursor of an entry is its
// place in the order of the list, and has at most 160 bytes: a Marker has at most 320 characters.
func Page[T any](codec *page.Codec, q Query, read Read[T], cursor func(T) string) (list []T, next string, err error) {
	after, err := codec.Decode(q.Binding, q.Marker)
	if err != nil {
		return nil, "", ErrMarker
	}
	limit := int(q.MaxItems)
	if limit == 0 {
		limit = defaultItems
	}
	list, err = read(after, limit+1)
	if err != nil {
		return nil, "", err
	}
	if list == nil {
		list = []T{} // an empty list, where nil would be none
	}
	if len(list) > limit {
		list = list[:limit]
		next = codec.Encode(q.Binding, cursor(list[limit-1]))
	}
	return list, next, nil
}

// Among reads a list that is there already, whose cursors grow.
func Among[T any](list []T, cursor func(T) string) Read[T] {
	return func(after string, limit int) ([]T, error) {
		from := slices.IndexFunc(list, func(entry T) bool { return cursor(entry) > after })
		if from < 0 {
			return nil, nil
		}
		return list[from:min(from+limit, len(list))], nil
	}
}
