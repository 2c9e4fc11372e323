package main

import (
	"fmt"

	"cardea/platform/config"
)

// functionFlag names local functions.
type functionFlag struct {
	Function []string `help:"A local function behind the ARNs of its name; may be repeated." placeholder:"NAME=FILE:HANDLER" sep:"none"`
}

// functions are those that the flags name.
func (f functionFlag) functions() ([]config.Function, error) {
	all := make([]config.Function, len(f.Function))
	for i, flag := range f.Function {
		var err error
		if all[i], err = config.ParseFunction(flag); err != nil {
			return nil, fmt.Errorf("--function: %w", err)
		}
	}
	if err := config.CheckFunctions(all, nil, config.Outgoing{}); err != nil {
		return nil, fmt.Errorf("--function: %w", err)
	}
	return all, nil
}
