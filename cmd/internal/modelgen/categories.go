package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// category is a line of categories.txt: operations whose requests are counted together.
type category struct {
	name       string
	quota      int64 // requests per second
	adjustable bool
}

// readCategories reads the categories of operations, if the service has any: "Name quota: Operation Operation", continued on lines that
// start with blanks, with "adjustable" after the quota where it is. A "+" stands before operations that AWS's page does not name, and changes nothing.
func (m *model) readCategories(path string) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := m.parseCategories(string(text)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (m *model) parseCategories(text string) error {
	for _, line := range lines(text) {
		claims := line
		if !strings.HasPrefix(line, " ") {
			head, rest, _ := strings.Cut(line, ":")
			head, adjustable := strings.CutSuffix(head, " adjustable")
			name, number, _ := strings.Cut(head, " ")
			quota, err := strconv.ParseInt(number, 10, 64)
			if err != nil || quota < 1 {
				return fmt.Errorf("%q: want a category, its quota and a colon", line)
			}
			m.Categories = append(m.Categories, category{name, quota, adjustable})
			claims = rest
		}
		if len(m.Categories) == 0 {
			return fmt.Errorf("%q: operations before the first category", line)
		}
		for _, name := range strings.Fields(strings.ReplaceAll(claims, "+", " ")) {
			op := m.Operations[name]
			if op == nil || op.category != "" {
				return fmt.Errorf("operation %s is not in the model, or in two categories", name)
			}
			op.category = m.Categories[len(m.Categories)-1].name
		}
	}
	for name, op := range m.Operations {
		if op.category == "" {
			return fmt.Errorf("operation %s is in no category", name)
		}
	}
	return nil
}

// categories writes the quotas of the service's categories, if it has any.
func (m *model) categories(f *file) {
	if len(m.Categories) == 0 {
		return
	}
	f.line("\n// Categories are those of operations, with Cognito's quotas.\nvar Categories = map[string]awsjson.Category{")
	for _, c := range m.Categories {
		if c.adjustable {
			f.line("\t%q: {Quota: %d, Adjustable: true},", c.name, c.quota)
			continue
		}
		f.line("\t%q: {Quota: %d},", c.name, c.quota)
	}
	f.line("}")
}
