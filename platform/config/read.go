package config

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// read decodes a file over the defaults. What cannot be read is left out, so that it hides nothing else that is wrong; unread names the
// settings that it was for, as far as that is known.
func read(path string, text []byte) (c Config, unread []string, wrong error) {
	var all []error
	f := file{name: filepath.Base(path), lines: strings.Split(string(text), "\n")}
	for range f.lines {
		c = Default()
		err := toml.NewDecoder(strings.NewReader(strings.Join(f.lines, "\n"))).DisallowUnknownFields().Decode(&c)
		_, strict := errors.AsType[*toml.StrictMissingError](err) // all the rest was read
		bad, ok := errors.AsType[*toml.DecodeError](err)
		if strict || !ok {
			return c, unread, errors.Join(append(all, f.unknown(err))...)
		}
		setting, err := f.leaveOut(bad)
		if err != nil {
			all = append(all, err)
		}
		if setting != "" {
			unread = append(unread, setting)
		}
	}
	return c, unread, errors.Join(all...)
}

// file is a configuration file that is read without the lines that cannot be.
type file struct {
	name  string
	lines []string
	gone  int // the line that was left out last, from 1
}

// header is a table's header without what does not belong to it.
var header = regexp.MustCompile(`^\s*(\[{1,2})\s*([\w-]+(\.[\w-]+)*)`)

// assignment begins a line that says something by itself: a table's header, or a key.
var assignment = regexp.MustCompile(`^\s*(\[|([\w.-]+)\s*=)`)

// leaveOut empties the lines of an error, or mends a table's header, and words the error for the operator. It answers nil for what only follows from a line left out before.
func (f *file) leaveOut(bad *toml.DecodeError) (setting string, err error) {
	row, _ := bad.Position()
	row = max(1, min(row, len(f.lines)))
	line := f.lines[row-1]
	began := assignment.FindStringSubmatch(line)

	setting = strings.Join(bad.Key(), ".")
	if setting == "" && began != nil {
		setting = began[2]
	}
	follows := row == f.gone+1 && began == nil && f.gone > 0
	f.lines[row-1], f.gone = "", row
	if began != nil && began[1] == "[" && bad.Key() == nil {
		if mended := mendedHeader(line); mended != "" && mended != strings.TrimSpace(line) {
			f.lines[row-1] = mended
			return setting, errors.New(f.at(bad))
		}

		// What follows would seem to be of another table.
		for row < len(f.lines) && !strings.HasPrefix(strings.TrimSpace(f.lines[row]), "[") {
			f.lines[row] = ""
			row++
		}
	}
	if follows {
		return setting, nil
	}
	where := f.at(bad)
	if setting != "" {
		where = setting + ": " + where
	}
	return setting, errors.New(where)
}

// at says where an error is, and what it is.
func (f *file) at(bad *toml.DecodeError) string {
	row, column := bad.Position()
	return fmt.Sprintf("line %d, column %d of %s: %s", max(1, min(row, len(f.lines))), column, f.name, wording(bad))
}

// mendedHeader is the header that a line which does not parse was meant to be, or empty where nobody can tell.
func mendedHeader(line string) string {
	found := header.FindStringSubmatch(line)
	if found == nil {
		return ""
	}
	return found[1] + found[2] + strings.Repeat("]", len(found[1]))
}

// unknown words the settings that there are not; other errors stay.
func (f *file) unknown(err error) error {
	strict, ok := errors.AsType[*toml.StrictMissingError](err)
	if !ok {
		return err
	}
	var all []error
	for _, e := range strict.Errors {
		row, _ := e.Position()
		all = append(all, fmt.Errorf("%s: unknown setting, in line %d of %s", strings.Join(e.Key(), "."), row, f.name))
	}
	return errors.Join(all...)
}

// mismatch is the parser's error for a value of another type than the setting's.
var mismatch = regexp.MustCompile(`^cannot decode TOML (\S+).* into struct field \S+ of type (\S+)$`)

// wording says what the parser says, without the names of Go types.
func wording(bad *toml.DecodeError) string {
	text := strings.TrimPrefix(bad.Error(), "toml: ")
	match := mismatch.FindStringSubmatch(text)
	if match == nil {
		return text
	}
	want, known := map[string]string{
		"string": "a text in quotes", "int": "a whole number", "int64": "a whole number", "bool": "true or false", "[]string": "a list of texts",
	}[strings.TrimPrefix(match[2], "config.")]
	switch {
	case known:
	case strings.HasSuffix(match[2], "Secret"), strings.HasSuffix(match[2], "SecretURL"), strings.HasSuffix(match[2], "Duration"):
		want = "a text in quotes"
	default:
		want = "a table"
	}
	return "this is of type " + match[1] + ", and the setting is " + want
}

// decode reads TOML over c, for one setting at a time.
func decode(text []byte, c *Config) error {
	return toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
}
