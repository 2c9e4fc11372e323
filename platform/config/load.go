package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// prefix begins every environment variable that is a setting.
const prefix = "CARDEA_"

// foreign are prefixes of variables that are not settings: those that Kubernetes sets for a service named cardea, those
// of the test suite, and those that stand for flags of the command.
var foreign = []string{"CARDEA_SERVICE_", "CARDEA_PORT=", "CARDEA_PORT_", "CARDEA_TEST_", "CARDEA_DEV_", "CARDEA_CONFIG="}

// ErrUnread says that the configuration file itself cannot be read, so that nothing is known of its settings.
var ErrUnread = errors.New("read configuration")

// Load reads the file at path (none when empty) over the defaults and the environment (as os.Environ gives it) over
// both, and checks the result. All that is wrong is in the error, for [Problems] to list.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	var unread []string
	var wrong error
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("%w: %w", ErrUnread, err)
		}
		c, unread, wrong = read(path, text)
	}
	invalid, misspelt := overlay(overlaySenders(environ, c.Senders), &c)
	return c, sorted(errors.Join(wrong, misspelt, except(append(unread, invalid...), c.check())))
}

// Show writes the settings as a file would have them, with secrets masked.
func (c Config) Show() (string, error) {
	c.Senders = slices.Clone(c.Senders)
	conceal(reflect.ValueOf(&c).Elem())
	text, err := toml.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	return string(text), nil
}

// conceal replaces every secret inside v by its masked text, since the TOML writer does not call String.
func conceal(v reflect.Value) {
	for _, field := range v.Fields() {
		if field.Kind() == reflect.Struct {
			conceal(field)
			continue
		}
		if list, ok := field.Interface().([]Sender); ok {
			for i := range list {
				conceal(field.Index(i))
			}
			continue
		}
		switch secret := field.Interface().(type) {
		case []Function:
			concealAll(field, secret)
		case []KMSKey:
			concealAll(field, secret)
		case []MasterKeySource:
			concealAll(field, secret)
		case *Function:
			if secret != nil {
				shown := *secret
				conceal(reflect.ValueOf(&shown).Elem())
				field.Set(reflect.ValueOf(&shown))
			}
		case map[string]Secret:
			shown := maps.Clone(secret)
			for name, value := range shown {
				shown[name] = Secret(value.String())
			}
			field.Set(reflect.ValueOf(shown))
		case []Secret:
			shown := slices.Clone(secret)
			for i, one := range shown {
				shown[i] = Secret(one.String())
			}
			field.Set(reflect.ValueOf(shown))
		case Secret:
			field.SetString(secret.String())
		case SecretURL:
			field.SetString(secret.String())
		}
	}
}

// concealAll puts a copy of a list, without its secrets, in its place.
func concealAll[T any](field reflect.Value, list []T) {
	shown := slices.Clone(list)
	for i := range shown {
		conceal(reflect.ValueOf(&shown[i]).Elem())
	}
	field.Set(reflect.ValueOf(shown))
}

// overlay sets the setting that each CARDEA_ variable names, and names those whose values are none.
func overlay(environ []string, c *Config) (invalid []string, err error) {
	known := settings(reflect.TypeFor[Config](), nil)
	var wrong []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || slices.ContainsFunc(foreign, func(p string) bool { return strings.HasPrefix(entry, p) }) {
			continue
		}
		s, ok := known[name]
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s: unknown setting, in the environment", name))
			continue
		}
		if s.kind == reflect.Struct {
			wrong = append(wrong, fmt.Errorf("%s: %s can be set in a file only", strings.Join(s.path, "."), name))
			continue
		}
		if err := decode([]byte(s.assign(value)), c); err != nil {
			setting := strings.Join(s.path, ".")
			wrong = append(wrong, fmt.Errorf("%s: %s in the environment is not a valid value", setting, name))
			invalid = append(invalid, setting)
		}
	}
	return invalid, errors.Join(wrong...)
}

// setting is one leaf of Config.
type setting struct {
	path []string
	kind reflect.Kind // Struct for tables that no variable can hold
}

// settings lists the leaves of t by the name of their environment variable.
func settings(t reflect.Type, path []string) map[string]setting {
	all := map[string]setting{}
	for field := range t.Fields() {
		here := append(slices.Clone(path), field.Tag.Get("toml"))
		if field.Type.Kind() == reflect.Struct {
			for name, s := range settings(field.Type, here) {
				all[name] = s
			}
			continue
		}
		if field.Type == reflect.TypeFor[[]Sender]() {
			continue // set one by one
		}
		kind := field.Type.Kind()
		switch {
		case field.Type == reflect.TypeFor[Duration]():
			kind = reflect.String
		case kind == reflect.Pointer, kind == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct && !isText(field.Type.Elem()):
			kind = reflect.Struct
		}
		all[prefix+strings.ToUpper(strings.Join(here, "_"))] = setting{here, kind}
	}
	return all
}

// isText reports whether values of a struct are written as texts.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// assign writes the line of TOML that gives the setting a value.
func (s setting) assign(value string) string {
	key := strings.Join(s.path, ".")
	switch s.kind {
	case reflect.Int, reflect.Bool, reflect.Float64:
		return key + " = " + value
	case reflect.Slice:
		var items []string
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, quote(item))
			}
		}
		return key + " = [" + strings.Join(items, ", ") + "]"
	default:
		return key + " = " + quote(value)
	}
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r == '"' || r == '\\' || r < ' ' || r == 0x7f {
			b.WriteString(`\u` + fmt.Sprintf("%04x", r))
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}
