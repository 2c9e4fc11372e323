package kmskey

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"cardea/spec/id"
)

// ARN names a key, or an alias of one.
type ARN struct {
	Partition, Region, Account string
	Resource                   string // "key/<id>" or "alias/<name>"
}

var (
	arnForm   = regexp.MustCompile(`^arn:(aws(?:-[a-z]+)*):kms:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):(.+)$`)
	keyForm   = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)
	aliasForm = regexp.MustCompile(`^alias/[A-Za-z0-9/_-]{1,250}$`)
)

// Parse reads the ARN of a key or an alias.
func Parse(text string) (ARN, error) {
	parts := arnForm.FindStringSubmatch(text)
	if parts == nil {
		return ARN{}, &NameError{text}
	}
	a := ARN{parts[1], parts[2], parts[3], parts[4]}
	if name, isKey := strings.CutPrefix(a.Resource, "key/"); !aliasForm.MatchString(a.Resource) && (!isKey || !keyForm.MatchString(name)) {
		return ARN{}, &NameError{text}
	}
	return a, nil
}

// ParseIn reads what a caller of an account and Region means: an ARN, a key's id, or alias/<name>.
func ParseIn(text, region, account string) (ARN, error) {
	switch {
	case strings.HasPrefix(text, "arn:"):
		return Parse(text)
	case aliasForm.MatchString(text):
		return ARN{id.Partition(region), region, account, text}, nil
	case keyForm.MatchString(text):
		return ARN{id.Partition(region), region, account, "key/" + text}, nil
	}
	return ARN{}, &NameError{text}
}

// String is the ARN as AWS writes it.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":kms:" + a.Region + ":" + a.Account + ":" + a.Resource
}

// ID is the key's own name; an alias's is alias/<name>.
func (a ARN) ID() string { return strings.TrimPrefix(a.Resource, "key/") }

// IsAlias reports whether it names an alias.
func (a ARN) IsAlias() bool { return strings.HasPrefix(a.Resource, "alias/") }

// key is the ARN of a key in the place of this one's.
func (a ARN) key(name string) ARN {
	a.Resource = "key/" + name
	return a
}

// imagined is the key behind an alias that nobody has configured: always the same one, in the form of a UUID.
func (a ARN) imagined() ARN {
	sum := sha256.Sum256([]byte(a.String()))
	sum[6], sum[8] = 0x80|sum[6]&0x0f, 0x80|sum[8]&0x3f
	return a.key(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

// NameError says that a text names no key: it is none of an ARN, a key's id and an alias.
type NameError struct{ Name string }

func (e *NameError) Error() string { return fmt.Sprintf("%q does not name a KMS key", e.Name) }

// UnknownError says that the configuration has nothing for a key.
type UnknownError struct{ Key ARN }

func (e *UnknownError) Error() string { return "no key is configured for " + e.Key.String() }
