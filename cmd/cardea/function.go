package main

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"cardea/platform/config"
)

// functionFlag names local functions.
type functionFlag struct {
	Function    []string `help:"A local function behind the ARNs of its name; may be repeated." placeholder:"NAME=FILE:HANDLER" sep:"none"`
	FunctionEnv []string `help:"A variable for the environment of these functions; may be repeated." placeholder:"NAME=VALUE" sep:"none"`
}

// functions are those that the flags name. Their environment is what the flags say, over the variables given.
func (f functionFlag) functions(given map[string]config.Secret) ([]config.Function, error) {
	env := maps.Clone(given)
	for _, flag := range f.FunctionEnv {
		name, value, found := strings.Cut(flag, "=")
		if !found || name == "" {
			return nil, errors.New("--function-env: want NAME=VALUE") // without the value, which may be a secret
		}
		if env == nil {
			env = map[string]config.Secret{}
		}
		env[name] = config.Secret(value)
	}
	all := make([]config.Function, len(f.Function))
	for i, flag := range f.Function {
		var err error
		if all[i], err = config.ParseFunction(flag); err != nil {
			return nil, fmt.Errorf("--function: %w", err)
		}
		all[i].Env = maps.Clone(env)
	}
	if err := config.CheckFunctions(all, nil, config.Outgoing{}); err != nil {
		return nil, fmt.Errorf("--function: %w", err)
	}
	return all, nil
}
