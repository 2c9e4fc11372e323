package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problems lists what an error of this package joins, one line for each problem. Each begins with its setting, by which they are
// sorted.
func Problems(err error) []string {
	var all []string
	for _, leaf := range leaves(err) {
		all = append(all, leaf.Error())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// leaves are the errors that are joined in err, however deep.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, leaves(one)...)
	}
	return all
}

// Within puts the name of a setting, or of a table, before each of the errors that are joined in err.
func Within(setting string, err error) error {
	var all []error
	for _, leaf := range leaves(err) {
		all = append(all, fmt.Errorf("%s: %w", setting, leaf))
	}
	return errors.Join(all...)
}

// sorted joins the errors again in the order of their settings.
func sorted(err error) error {
	all := leaves(err)
	slices.SortStableFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(all...)
}

// except is err without what is said of settings that were not read: what is wrong with their defaults is not what is wrong.
func except(unread []string, err error) error {
	return errors.Join(slices.DeleteFunc(leaves(err), func(e error) bool {
		return slices.ContainsFunc(unread, func(setting string) bool {
			rest, found := strings.CutPrefix(e.Error(), setting)
			return found && rest != "" && strings.ContainsAny(rest[:1], ":. [(")
		})
	})...)
}
