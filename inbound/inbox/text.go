package inbox

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// span is a piece of a message's text: a link if it has a URL.
type span struct{ Text, URL string }

var (
	plain = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`) // the id of a message
	link  = regexp.MustCompile(`\bhttps?://[^\s<>"'\x60]+`)
	gaps  = regexp.MustCompile(`\n{3,}`)
	blank = regexp.MustCompile(`[ \t\r\n\f]+`)
)

// spans finds the links in a text.
func spans(text string) []span {
	var list []span
	from := 0
	for _, at := range link.FindAllStringIndex(text, -1) {
		url := trimLink(text[at[0]:at[1]])
		if at[0] > from {
			list = append(list, span{Text: text[from:at[0]]})
		}
		list = append(list, span{Text: url, URL: url})
		from = at[0] + len(url)
	}
	if from < len(text) {
		list = append(list, span{Text: text[from:]})
	}
	return list
}

// trimLink takes off the punctuation that belongs to the sentence around a link.
func trimLink(url string) string {
	for {
		shorter := strings.TrimRight(url, ".,;:!?*_")
		if strings.HasSuffix(shorter, ")") && !strings.Contains(shorter, "(") {
			shorter = strings.TrimSuffix(shorter, ")")
		}
		if shorter == url {
			return url
		}
		url = shorter
	}
}

// linksOf lists the links among spans once each, up to maxLinks of them.
func linksOf(spans []span) []string {
	var list []string
	for _, s := range spans {
		if s.URL != "" && len(list) < maxLinks && !slices.Contains(list, s.URL) {
			list = append(list, s.URL)
		}
	}
	return list
}

// breaks are the elements that begin a line, with the line feeds before them.
var breaks = map[string]string{
	"br": "\n", "div": "\n", "li": "\n", "tr": "\n", "p": "\n\n", "table": "\n\n", "ul": "\n\n", "ol": "\n\n",
	"h1": "\n\n", "h2": "\n\n", "h3": "\n\n", "h4": "\n\n", "hr": "\n\n", "blockquote": "\n\n",
}

// silent are the elements whose text is not part of a message.
var silent = []string{"script", "style", "title", "template", "noscript"}

// textOf is what an HTML message says, with the addresses of its links.
func textOf(source string) string {
	var b strings.Builder
	var href, skip string
	tokens := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := tokens.Next()
		token := tokens.Token()
		switch kind {
		case html.ErrorToken:
			return tidy(b.String())
		case html.TextToken:
			if skip == "" {
				b.WriteString(blank.ReplaceAllString(token.Data, " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			b.WriteString(breaks[token.Data])
			if kind == html.StartTagToken && skip == "" && slices.Contains(silent, token.Data) {
				skip = token.Data
			}
			if token.Data == "a" {
				href = attribute(token, "href")
			}
			if token.Data == "img" {
				b.WriteString(attribute(token, "alt"))
			}
		case html.EndTagToken:
			b.WriteString(breaks[token.Data])
			if token.Data == skip {
				skip = ""
			}
			if token.Data == "a" && href != "" && !strings.HasSuffix(strings.TrimSpace(b.String()), href) {
				b.WriteString(" (" + href + ")")
				href = ""
			}
		}
	}
}

func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// tidy takes blanks off the ends of lines and leaves one empty line between paragraphs.
func tidy(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(gaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}
