package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// scripts make shells ask the program itself what may come next.
var scripts = map[string]string{
	"bash": `_cardea() {
  local IFS=$'\n'
  COMPREPLY=($(cardea complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _cardea cardea
`,
	"zsh": `#compdef cardea
_cardea() {
  local -a found
  found=("${(@f)$(cardea complete -- "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- "${found[@]}"; else _files; fi
}
if [ "$funcstack[1]" = _cardea ]; then _cardea; else compdef _cardea cardea; fi
`,
	"fish": `complete -c cardea -n 'test -n "$(cardea complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)"' -f
complete -c cardea -a '(cardea complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

// Run prints the script of a shell.
func (c completionCommand) Run(t terminal) error {
	_, err := fmt.Fprint(t.stdout, scripts[c.Shell])
	return err
}

type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last word may become, one to a line.
func (c completeCommand) Run(t terminal, cli *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, candidate := range candidates(cli.Model.Node, words) {
		if _, err := fmt.Fprintln(t.stdout, candidate); err != nil {
			return err
		}
	}
	return nil
}

// candidates are what the last of the words on a command line, as far as it is written, may become: commands, flags or a flag's values.
// There are none where a file or a text of the user's own is wanted.
func candidates(node *kong.Node, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	node, unfinished := descend(node, words[:len(words)-1])

	var all []string
	switch {
	case unfinished != nil && unfinished.Enum != "":
		all = unfinished.EnumSlice()
	case unfinished != nil:
	case strings.HasPrefix(last, "-"):
		for _, group := range node.AllFlags(true) {
			for _, f := range group {
				all = append(all, "--"+f.Name)
			}
		}
	default:
		all = next(node)
	}
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, last) })
	slices.Sort(all)
	return all
}

// descend finds the command that words lead to, and the flag whose value comes next, if any does.
func descend(node *kong.Node, words []string) (command *kong.Node, unfinished *kong.Flag) {
	for _, word := range words {
		if unfinished != nil {
			unfinished = nil
			continue
		}
		if name, ok := strings.CutPrefix(word, "--"); ok {
			if unfinished = flag(node, name); unfinished != nil && unfinished.IsBool() {
				unfinished = nil
			}
			continue
		}
		for _, child := range node.Children {
			if child.Name == word {
				node = child
			}
		}
	}
	return node, unfinished
}

// next lists the commands below a command, and the values of its arguments.
func next(node *kong.Node) (all []string) {
	for _, child := range node.Children {
		if !child.Hidden {
			all = append(all, child.Name)
		}
	}
	for _, argument := range node.Positional {
		if argument.Enum != "" {
			all = append(all, argument.EnumSlice()...)
		}
	}
	return all
}

// flag finds a flag of a command by its name, or by what precedes its value.
func flag(node *kong.Node, text string) *kong.Flag {
	name, _, given := strings.Cut(text, "=")
	if given {
		return nil // its value is there already
	}
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if f.Name == name {
				return f
			}
		}
	}
	return nil
}
