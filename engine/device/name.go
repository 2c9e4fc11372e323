package device

import (
	"strings"
	"unicode"
)

// maxWord is the longest name that is taken from a program, in bytes.
const maxWord = 64

// browsers and systems are told by the first word that a user agent has of these; each poses as those below it.
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

// Name makes of a user agent what people may recognize their device by, such as "Firefox on Windows": for a browser that
// and the system, for another program its own word, and nothing for one that says nothing.
func Name(userAgent string) string {
	if !strings.HasPrefix(userAgent, "Mozilla/") {
		return word(userAgent)
	}
	browser, system := told(browsers, userAgent), told(systems, userAgent)
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + " on " + system
}

// SDK names the AWS library that a user agent says it is, or gives nothing.
func SDK(userAgent string) string {
	name := word(userAgent)
	if strings.HasPrefix(name, "aws-") || name == "Boto3" {
		return name
	}
	return ""
}

// word is the program that a user agent names first, without its version; nothing when that is no plain word.
func word(userAgent string) string {
	name, _, _ := strings.Cut(userAgent, "/")
	name, _, _ = strings.Cut(name, " ")
	strange := strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) })
	if len(name) > maxWord || strange {
		return ""
	}
	return name
}

func told(names [][2]string, userAgent string) string {
	for _, pair := range names {
		if strings.Contains(userAgent, pair[0]) {
			return pair[1]
		}
	}
	return ""
}
