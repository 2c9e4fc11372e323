package trigger

import (
	"fmt"
	"regexp"
	"strings"
)

// ARN names a Lambda function.
type ARN struct {
	Partition, Region, Account, Name string
	Qualifier                        string // a version, "$LATEST" or an alias; empty without one
}

var (
	partition = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	region    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	account   = regexp.MustCompile(`^\d{12}$`)
	name      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,140}$`)
	qualifier = regexp.MustCompile(`^(\$LATEST|[A-Za-z0-9_-]{1,128})$`)
)

// ParseARN reads arn:<partition>:lambda:<region>:<account>:function:<name>[:<qualifier>].
func ParseARN(text string) (ARN, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 7 || len(parts) > 8 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function" {
		return ARN{}, fmt.Errorf("%q is not the ARN of a Lambda function", text)
	}
	a := ARN{Partition: parts[1], Region: parts[3], Account: parts[4], Name: parts[6]}
	qualified := len(parts) == 8
	if qualified {
		a.Qualifier = parts[7]
	}
	if !partition.MatchString(a.Partition) || !region.MatchString(a.Region) || !account.MatchString(a.Account) ||
		!name.MatchString(a.Name) || qualified && !qualifier.MatchString(a.Qualifier) {
		return ARN{}, fmt.Errorf("%q is not the ARN of a Lambda function", text)
	}
	return a, nil
}

// String is the ARN as it was given.
func (a ARN) String() string { return a.unqualified() + suffix(a.Qualifier) }

func (a ARN) unqualified() string {
	return "arn:" + a.Partition + ":lambda:" + a.Region + ":" + a.Account + ":function:" + a.Name
}

func suffix(qualifier string) string {
	if qualifier == "" {
		return ""
	}
	return ":" + qualifier
}

// keys are what an entry for this function may be called, the most exact first.
func (a ARN) keys() []string {
	exact, named := []string{a.unqualified()}, []string{a.Name}
	if a.Qualifier != "" {
		exact = []string{a.String(), a.unqualified()}
		named = []string{a.Name + ":" + a.Qualifier, a.Name}
	}
	return append(exact, named...)
}

// CheckKey reports what is wrong with the name of an entry: a function's name, a name with a qualifier, or a whole ARN.
func CheckKey(key string) error {
	if strings.HasPrefix(key, "arn:") {
		_, err := ParseARN(key)
		return err
	}
	function, version, qualified := strings.Cut(key, ":")
	if !name.MatchString(function) || qualified && !qualifier.MatchString(version) {
		return fmt.Errorf("%q is not a function's name, name:qualifier or ARN", key)
	}
	return nil
}
