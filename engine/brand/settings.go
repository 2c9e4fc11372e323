package brand

import (
	"bytes"
	_ "embed" // the defaults
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// defaults is the settings document of Cardea's own look. It has every property that a document may have, so that it is also
// their schema.
//
//go:embed defaults.json
var defaults []byte

var schema = func() any {
	var all any
	if err := json.Unmarshal(defaults, &all); err != nil {
		panic(fmt.Sprintf("brand: defaults.json: %v", err)) // it is part of the program
	}
	return all
}()

// SettingsError says that a settings document has a property that there is not, or one with a wrong value.
type SettingsError struct {
	Path string // components.form.borderRadius; empty for the document
	Want string // what it must be; empty if there is no such property
}

func (e *SettingsError) Error() string {
	switch {
	case e.Want == "":
		return "there is no setting " + e.Path
	case e.Path == "":
		return "the document is not " + e.Want
	}
	return e.Path + " is not " + e.Want
}

// maxRadius bounds the radius of corners, in pixels, and maxItems the length of a list.
const (
	maxRadius = 1_000
	maxItems  = 300
)

var (
	colorForm = regexp.MustCompile(`^[0-9a-fA-F]{8}$`)
	wordForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// providerForm is that of the name of an identity provider.
	providerForm = regexp.MustCompile(`^[^\pC]{1,64}$`)
)

// choices are the values of properties that have a few.
var choices = map[string][]string{
	"categories.auth.federation.interfaceStyle": {"BUTTON_LIST", "DROPDOWN"},
	"categories.form.location.horizontal":       {"START", "CENTER", "END"},
	"categories.form.location.vertical":         {"START", "CENTER", "END"},
	"categories.global.colorSchemeMode":         {"LIGHT", "DARK", "DYNAMIC"},
	"categories.global.spacingDensity":          {"REGULAR", "COMPACT"},
	"components.favicon.enabledTypes":           {"ICO", "SVG"},
	"components.form.logo.formInclusion":        {"IN", "OUT"},
	"components.form.logo.location":             {"START", "CENTER", "END"},
	"components.form.logo.position":             {"TOP", "BOTTOM"},
	"components.pageFooter.logo.location":       {"START", "CENTER", "END"},
	"components.pageHeader.logo.location":       {"START", "CENTER", "END"},
	"categories.auth.authMethodOrder.display":   {"BUTTON", "INPUT"},
}

// Check checks a settings document: every property must be known and have a value of its kind. It answers *SettingsError.
func Check(document []byte) error {
	var given any
	if err := json.Unmarshal(document, &given); err != nil {
		return &SettingsError{Want: "a JSON document"}
	}
	return check("", given, schema)
}

// check compares a value with the default of its property.
func check(path string, given, want any) error {
	switch w := want.(type) {
	case map[string]any:
		return checkObject(path, given, w)
	case []any:
		return checkList(path, given, w)
	case bool:
		if _, ok := given.(bool); !ok {
			return &SettingsError{path, "true or false"}
		}
	case float64:
		if n, ok := given.(float64); !ok || n < 0 || n > maxRadius {
			return &SettingsError{path, fmt.Sprintf("a number from 0 to %d", maxRadius)}
		}
	case string:
		return checkText(path, given, w)
	}
	return nil
}

func checkObject(path string, given any, want map[string]any) error {
	object, ok := given.(map[string]any)
	if !ok {
		return &SettingsError{path, "an object"}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		below := strings.TrimPrefix(path+"."+name, ".")
		known, ok := want[name]
		if path == "components.idpButton.custom" && providerForm.MatchString(name) {
			known, ok = standardButton(), true
		}
		if !ok {
			return &SettingsError{Path: below}
		}
		if err := check(below, object[name], known); err != nil {
			return err
		}
	}
	return nil
}

// standardButton is the schema of a provider's own button: that of all.
func standardButton() any {
	components, _ := schema.(map[string]any)["components"].(map[string]any)
	button, _ := components["idpButton"].(map[string]any)
	return button["standard"]
}

func checkList(path string, given any, want []any) error {
	list, ok := given.([]any)
	if !ok || len(list) > maxItems {
		return &SettingsError{path, "a list"}
	}
	for _, item := range list {
		if path == "categories.auth.federation.order" {
			if name, ok := item.(string); !ok || !providerForm.MatchString(name) {
				return &SettingsError{path, "a list of providers' names"}
			}
			continue
		}
		if err := check(path, item, want[0]); err != nil {
			return err
		}
	}
	return nil
}

func checkText(path string, given any, want string) error {
	text, ok := given.(string)
	if colorForm.MatchString(want) {
		if !ok || !colorForm.MatchString(text) {
			return &SettingsError{path, "a colour: red, green, blue and opacity in eight hexadecimal digits"}
		}
		return nil
	}
	if among := choices[path]; among != nil {
		if !slices.Contains(among, text) {
			return &SettingsError{path, "one of " + strings.Join(among, ", ")}
		}
		return nil
	}
	if !ok || !wordForm.MatchString(text) {
		return &SettingsError{path, "a word"}
	}
	return nil
}

// Merged is a settings document with the default of every property that it does not have. The document must have passed Check;
// it may be empty.
func Merged(document []byte) ([]byte, error) {
	if len(document) == 0 {
		return json.RawMessage(bytes.TrimSpace(defaults)), nil
	}
	var given any
	if err := json.Unmarshal(document, &given); err != nil {
		return nil, fmt.Errorf("merge settings: %w", err)
	}
	return json.Marshal(merge(given, schema))
}

// merge gives the objects in given the members of those in def that they lack.
func merge(given, def any) any {
	object, ok := given.(map[string]any)
	base, both := def.(map[string]any)
	if !ok || !both {
		return given
	}
	all := maps.Clone(base)
	for name, value := range object {
		all[name] = merge(value, base[name])
	}
	return all
}
