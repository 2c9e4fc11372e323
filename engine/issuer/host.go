package issuer

import "strings"

// maxHostName is the greatest length of a host name, hostLetters are the characters of its labels.
const (
	maxHostName = 253
	hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
)

// hostName is the name in a Host header, in lower case and without its port. It is empty for whatever is no name as browsers
// send it: an address, an empty label, a dot at the end, any other character.
func hostName(header string) string {
	name, port, found := strings.Cut(header, ":")
	if len(name) > maxHostName || found && (port == "" || strings.Trim(port, "0123456789") != "") {
		return ""
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, hostLetters) != "" {
			return ""
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return "" // an IPv4 address
	}
	return strings.ToLower(name)
}
