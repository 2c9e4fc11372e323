package login

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"cardea/inbound/login/text"
	"cardea/spec/id"
)

// Templates are what an operator has in the place of Cardea's own frame and texts: for all pools, and for single ones. A nil
// *Templates has nothing.
type Templates struct {
	all   set
	pools map[id.Pool]set
}

// set is what one folder has. What a pool's folder lacks is as for all.
type set struct {
	frame *template.Template
	style string
	texts text.Catalogue
}

// The files of a folder, beside those of texts, <language>.txt.
const (
	frameFile = "frame.html"
	styleFile = "style.css"
	textFiles = ".txt"

	maxFile = 256 << 10 // bytes
)

// ReadTemplates reads a folder: its files are for all pools, and those of a folder in it for the pool of that name. A file that
// could change what the pages do, or that is not known, is an error.
func ReadTemplates(folder fs.FS) (*Templates, error) {
	all, pools, err := readFolder(folder, ".", set{texts: text.Own})
	if err != nil {
		return nil, err
	}
	t := &Templates{all: all, pools: map[id.Pool]set{}}
	for _, name := range pools {
		own, below, err := readFolder(folder, name, all)
		if err == nil && len(below) > 0 {
			err = fmt.Errorf("%s/%s: a pool's folder has no folders", name, below[0])
		}
		if err != nil {
			return nil, err
		}
		t.pools[id.Pool(name)] = own
	}
	return t, nil
}

// readFolder reads the files of a folder over what else holds, and lists the folders in it.
func readFolder(folder fs.FS, name string, base set) (s set, folders []string, err error) {
	entries, err := fs.ReadDir(folder, name)
	if err != nil {
		return s, nil, fmt.Errorf("read templates: %w", err)
	}
	s = base
	for _, e := range entries {
		at := path.Join(name, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			folders = append(folders, e.Name())
		default:
			if s, err = s.with(folder, at); err != nil {
				return s, nil, fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	return s, folders, nil
}

// with adds a file.
func (s set) with(folder fs.FS, at string) (set, error) {
	content, err := fs.ReadFile(folder, at)
	if err != nil {
		return s, err
	}
	if len(content) > maxFile {
		return s, fmt.Errorf("has more than %d bytes", maxFile)
	}
	switch name := path.Base(at); {
	case name == frameFile:
		s.frame, err = parseFrame(string(content))
	case name == styleFile:
		if s.style = string(content); bytes.ContainsAny(content, "<") {
			err = errors.New("has a <, which no style sheet needs")
		}
	case path.Ext(name) == textFiles:
		s.texts, err = s.texts.With(strings.TrimSuffix(name, textFiles), string(content))
	default:
		err = fmt.Errorf("is none of %s, %s and <language>%s", frameFile, styleFile, textFiles)
	}
	return s, err
}

// of is what a pool has.
func (t *Templates) of(pool id.Pool) set {
	if t == nil {
		return set{texts: text.Own}
	}
	if own, found := t.pools[pool]; found {
		return own
	}
	return t.all
}

// texts are those of a pool's pages.
func (t *Templates) texts(pool id.Pool) text.Catalogue { return t.of(pool).texts }

// style goes over the style sheet of a pool's pages.
func (t *Templates) style(pool id.Pool) string { return t.of(pool).style }

// slots is what an operator's frame may show.
type slots struct {
	Card      template.HTML // the form, which everything else stands around
	Languages template.HTML // the choice of the page's language
	App       string
	Title     string // of the page
	Language  string // of BCP 47
	Direction string // ltr or rtl
	Logo      string // the path of the logo of the app's style; empty: it has none
	DarkLogo  string // the same in the dark scheme, if it has one of its own
}

// around draws a pool's own frame around a card; empty where it has none. A logo that the frame may show is not shown in the card.
func (t *Templates) around(f frame) template.HTML {
	own := t.of(f.pool).frame
	if own == nil {
		return ""
	}
	s := slots{
		App: f.App, Title: f.Card.Heading, Language: f.Tag, Direction: "ltr", Logo: f.Look.Logo.Path, DarkLogo: f.Look.Logo.Dark,
		Languages: template.HTML(draw("languages", f)), // the program's own
	}
	if f.RightToLeft {
		s.Direction = "rtl"
	}
	f.Look.Logo.Path, f.Look.Classic = "", false
	s.Card = template.HTML(draw("main", f)) // the program's own
	var out bytes.Buffer
	if err := own.Execute(&out, s); err != nil {
		panic(err) // it has been drawn once when it was read
	}
	return template.HTML(out.String()) // of a template that parseFrame has let through
}
