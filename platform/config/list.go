package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Setting is one setting of the configuration file.
type Setting struct {
	Name     string // as the file has it, with its tables
	Variable string // of the environment; empty where the file alone can say it
	Default  string // empty: none
}

// List lists all settings by their names, those of senders among them.
func List() []Setting {
	defaults := reflect.ValueOf(Default())
	var all []Setting
	for variable, s := range settings(reflect.TypeFor[Config](), nil) {
		one := Setting{Name: strings.Join(s.path, "."), Variable: variable, Default: valueAt(defaults, s.path)}
		if s.kind == reflect.Struct {
			one.Variable = ""
		}
		all = append(all, one)
	}
	for _, s := range settings(reflect.TypeFor[Sender](), []string{"senders"}) {
		all = append(all, Setting{Name: strings.Join(s.path, "."), Variable: prefix + "SENDER_<NAME>_" + strings.ToUpper(s.path[1])})
	}
	slices.SortFunc(all, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// valueAt is the text of a value below v, which the names in the file lead to; empty for none.
func valueAt(v reflect.Value, path []string) string {
	for _, name := range path {
		for field, value := range v.Fields() {
			if field.Tag.Get("toml") == name {
				v = value
				break
			}
		}
	}
	if v.IsZero() && v.Kind() != reflect.Bool || v.Kind() == reflect.Slice {
		return ""
	}
	return fmt.Sprint(v.Interface())
}
