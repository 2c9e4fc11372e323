package text

import (
	"bufio"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Language is one that the pages speak.
type Language struct {
	Tag         string // of BCP 47, as `lang` has it
	Name        string // in the language itself
	Terms       string // the key that terms documents have for it; empty: they have none
	RightToLeft bool
}

// Languages are those that the pages speak, the default first and the others by their tags.
var Languages = []Language{
	{Tag: "en", Name: "English", Terms: "cognito:english"},
	{Tag: "ar", Name: "العربية", RightToLeft: true},
	{Tag: "de", Name: "Deutsch", Terms: "cognito:german"},
	{Tag: "es", Name: "Español", Terms: "cognito:spanish"},
	{Tag: "fr", Name: "Français", Terms: "cognito:french"},
	{Tag: "id", Name: "Bahasa Indonesia", Terms: "cognito:bahasa-indonesia"},
	{Tag: "it", Name: "Italiano", Terms: "cognito:italian"},
	{Tag: "ja", Name: "日本語", Terms: "cognito:japanese"},
	{Tag: "ko", Name: "한국어", Terms: "cognito:korean"},
	{Tag: "nl", Name: "Nederlands", Terms: "cognito:dutch"},
	{Tag: "pt-BR", Name: "Português (Brasil)", Terms: "cognito:portuguese-brazil"},
	{Tag: "zh-CN", Name: "简体中文", Terms: "cognito:chinese-simplified"},
	{Tag: "zh-TW", Name: "繁體中文", Terms: "cognito:chinese-traditional"},
}

// Texts says everything in one language.
type Texts struct {
	Language
	tag   language.Tag
	forms [][]string // of each key: its text, or the six forms of a number
}

//go:embed *.txt
var files embed.FS

// Catalogue is the texts of Languages, in their order.
type Catalogue []*Texts

// Own is the catalogue of Cardea.
var Own = read()

var matcher = language.NewMatcher(tags())

// In gives the texts of the language with this tag, as the parameter `lang` names it.
func (all Catalogue) In(tag string) (*Texts, bool) {
	for _, t := range all {
		if strings.EqualFold(t.Tag, tag) {
			return t, true
		}
	}
	return nil, false
}

// With is the catalogue with other texts in one language: a file with lines like those of Cardea's own, for some of the keys.
func (all Catalogue) With(tag, content string) (Catalogue, error) {
	own, known := all.In(tag)
	if !known || own.Tag != tag {
		return nil, fmt.Errorf("there is no language %s", tag)
	}
	given, err := parseSome(own.Language, content)
	if err != nil {
		return nil, err
	}
	changed := *own
	changed.forms = slices.Clone(own.forms)
	for i, forms := range given.forms {
		if forms == nil {
			continue
		}
		if forms[0] == "" {
			return nil, fmt.Errorf("%s.txt: %s.other is missing", tag, keys[i].name)
		}
		changed.forms[i] = forms
	}
	with := slices.Clone(all)
	with[slices.Index(all, own)] = &changed
	return with, nil
}

// For gives the texts that suit a browser best, by its Accept-Language header: the first language in it that is spoken, or a near
// relative of one. The matcher alone would take the simplified Chinese of "zh" for readers in Hong Kong, whose browsers prefer zh-HK.
func (all Catalogue) For(acceptLanguage string) *Texts {
	preferred, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return all[0]
	}
	for _, tag := range preferred {
		if _, n, confidence := matcher.Match(tag); confidence >= language.High {
			return all[n]
		}
	}
	_, n, _ := matcher.Match(preferred...)
	return all[n]
}

func tags() []language.Tag {
	var list []language.Tag
	for _, l := range Languages {
		list = append(list, language.MustParse(l.Tag))
	}
	return list
}

// read reads the files of all languages. They are part of the program: one that is not complete is a mistake in it.
func read() Catalogue {
	var list Catalogue
	for _, l := range Languages {
		content, err := files.ReadFile(l.Tag + ".txt")
		if err != nil {
			panic(err)
		}
		t, err := parse(l, string(content))
		if err != nil {
			panic(err)
		}
		list = append(list, t)
	}
	return list
}

// key is one text of the reference.
type key struct {
	name   string
	places []string
	number bool // has forms
}

// forms are the suffixes of the keys of a number's forms, in the order of plural.Form.
var forms = []string{"other", "zero", "one", "two", "few", "many"}

// parse reads one language's file.
func parse(l Language, content string) (*Texts, error) {
	t, err := parseSome(l, content)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		if t.forms[i] == nil || t.forms[i][0] == "" {
			return nil, fmt.Errorf("%s.txt: %s is missing", l.Tag, k.name)
		}
	}
	return t, nil
}

// parseSome reads a file that has texts for some of the keys.
func parseSome(l Language, content string) (*Texts, error) {
	t := &Texts{Language: l, tag: language.MustParse(l.Tag), forms: make([][]string, len(keys))}
	for number, line := range lines(content) {
		name, said, found := strings.Cut(line, "=")
		name, said = strings.TrimSpace(name), strings.TrimSpace(said)
		if !found || said == "" {
			return nil, fmt.Errorf("%s.txt:%d: want a key and its text", l.Tag, number)
		}
		if err := t.put(name, said); err != nil {
			return nil, fmt.Errorf("%s.txt:%d: %w", l.Tag, number, err)
		}
	}
	return t, nil
}

// lines gives the lines that are not empty and no comments, by their numbers.
func lines(content string) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		number := 0
		for s := bufio.NewScanner(strings.NewReader(content)); s.Scan(); {
			number++
			if line := strings.TrimSpace(s.Text()); line != "" && line[0] != '#' && !yield(number, line) {
				return
			}
		}
	}
}

// put takes up one text.
func (t *Texts) put(name, said string) error {
	i, form := find(name)
	if i < 0 {
		return fmt.Errorf("no text is called %s", name)
	}
	if got := places(said); !slices.Equal(got, sorted(keys[i].places)) && !(inWords(form) && len(got) == 0) {
		return fmt.Errorf("%s has places %v, want %v", name, got, keys[i].places)
	}
	if t.forms[i] == nil {
		t.forms[i] = make([]string, len(forms))
	}
	if t.forms[i][form] != "" {
		return fmt.Errorf("%s is there twice", name)
	}
	t.forms[i][form] = said
	return nil
}

// inWords tells whether a form of a number may do without its digits, as in "two minutes" where a language has one word for that.
func inWords(form int) bool {
	return form == int(plural.Zero) || form == int(plural.One) || form == int(plural.Two)
}

// find gives the index of a key, negative if there is none, and of the form of a number.
func find(name string) (index, form int) {
	byName := func(k key, name string) int { return strings.Compare(k.name, name) }
	if i, found := slices.BinarySearchFunc(keys, name, byName); found && !keys[i].number {
		return i, 0
	}
	dot := strings.LastIndexByte(name, '.')
	form = slices.Index(forms, name[dot+1:])
	if i, found := slices.BinarySearchFunc(keys, name[:max(dot, 0)], byName); found && keys[i].number && form >= 0 {
		return i, form
	}
	return -1, 0
}

// places lists the places in a text, sorted.
func places(said string) []string {
	var names []string
	for _, part := range strings.Split(said, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	return sorted(names)
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// say fills in the places of a text. Between words that are written from right to left, a value keeps its own direction: the sign
// and the digits of a telephone number would change places otherwise.
func (t *Texts) say(index int, values ...string) string {
	if t.RightToLeft {
		for i, value := range values {
			values[i] = "\u2068" + value + "\u2069"
		}
	}
	return fill(t.forms[index][0], keys[index].places, values)
}

// count is say in the form of a number.
func (t *Texts) count(index, n int) string {
	form := plural.Cardinal.MatchPlural(t.tag, n, 0, 0, 0, 0)
	said := t.forms[index][form]
	if said == "" {
		said = t.forms[index][plural.Other]
	}
	return fill(said, keys[index].places, []string{strconv.Itoa(n)})
}

func fill(said string, places, values []string) string {
	if len(places) == 0 {
		return said
	}
	var pairs []string
	for i, name := range places {
		pairs = append(pairs, "{"+name+"}", values[i])
	}
	return strings.NewReplacer(pairs...).Replace(said)
}
