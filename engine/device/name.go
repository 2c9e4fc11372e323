package device

import (
	"strings"
	"unicode"
)

// maxWord is the longest name that is taken from a program, in bytes.
const maxWord = 64

// browsers and systems are recognized by the first of these words that a user agent has: each also claims those below it.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// Name describes a device to its user by its user agent, such as "Firefox on Windows": a browser with the system, another
// program by its own name, and nothing when the user agent names neither.
func Name(userAgent string) string {
	if !strings.HasPrefix(userAgent, "Mozilla/") {
		return word(userAgent)
	}
	browser, system := first(browsers, userAgent), first(systems, userAgent)
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + " on " + system
}

// SDK is the AWS library that a user agent names, or empty.
func SDK(userAgent string) string {
	name := word(userAgent)
	if strings.HasPrefix(name, "aws-") || name == "Boto3" {
		return name
	}
	return ""
}

// word is the program that a user agent names first, without its version; empty when that is not printable ASCII.
func word(userAgent string) string {
	name, _, _ := strings.Cut(userAgent, "/")
	name, _, _ = strings.Cut(name, " ")
	unprintable := strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) })
	if len(name) > maxWord || unprintable {
		return ""
	}
	return name
}

// first is the name for the first word that a user agent contains.
func first(names [][2]string, userAgent string) string {
	for _, pair := range names {
		if strings.Contains(userAgent, pair[0]) {
			return pair[1]
		}
	}
	return ""
}
