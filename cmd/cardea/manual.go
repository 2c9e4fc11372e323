package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"cardea/platform/config"
)

type manualCommand struct{}

// Run prints the manual page in troff.
func (manualCommand) Run(t terminal, cli *kong.Context) error {
	page := &manual{out: t.stdout}
	page.print(".TH CARDEA 1 \"\" \"cardea %s\" \"User Commands\"\n", troff(version))
	page.print(".SH NAME\ncardea \\- %s\n", troff("Amazon Cognito as one binary: user pools, identity pools, managed login"))
	page.print(".SH SYNOPSIS\n.B cardea\n.I command\n[\\fIargument\\fR ...]\n")
	page.print(".SH DESCRIPTION\n%s\n", troff("The server answers Amazon Cognito's API: the AWS SDKs, the CLI, Amplify and Terraform work with it when their endpoint is changed. `cardea dev` starts one without any configuration; `cardea serve` is for production."))
	page.print(".SH COMMANDS\n")
	page.commands(cli.Model.Node, "cardea")
	page.settings()
	page.print(".SH ENVIRONMENT\n%s\n", troff("Every setting of the configuration file can be given as a variable: CARDEA_ and its path in capitals, such as CARDEA_DATABASE_URL, but for tables that a file may have several of. The environment wins over the file."))
	page.print(".SH FILES\n.TP\n.I /etc/cardea/cardea.toml\nThe configuration of the packaged service.\n.TP\n.I /var/lib/cardea\nIts database, where that is a file.\n")
	page.print(".SH EXIT STATUS\n0 on success, 1 on a failure, 78 where a command cannot begin since the configuration is wrong, 80 where the command line is wrong.\n")
	return page.err
}

// manual writes a page; the first failure stops it.
type manual struct {
	out io.Writer
	err error
}

func (m *manual) print(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.out, format, args...)
	}
}

// commands describes the commands below a node, which name leads to.
func (m *manual) commands(node *kong.Node, name string) {
	for _, child := range node.Children {
		if child.Hidden {
			continue
		}
		full := name + " " + child.Name
		if len(child.Children) > 0 {
			m.commands(child, full)
			continue
		}
		m.print(".SS \"%s%s\"\n%s\n", troff(full), troff(arguments(child)), troff(child.Help))
		if child.Detail != "" {
			m.detail(child.Detail)
		}
		for _, f := range child.Flags {
			if f.Hidden {
				continue
			}
			value := ""
			if !f.IsBool() {
				value = "=" + f.FormatPlaceHolder()
			}
			m.print(".TP\n.B %s\n%s\n", troff("--"+f.Name+value), troff(f.Help))
			if len(f.Envs) > 0 {
				m.print("(%s)\n", troff("$"+strings.Join(f.Envs, ", $")))
			}
		}
	}
}

// detail writes the paragraphs of a command's long text.
func (m *manual) detail(text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		m.print(".PP\n")
		for line := range strings.Lines(paragraph) {
			m.print("%s\n", troff(strings.TrimSuffix(line, "\n")))
		}
	}
}

// settings lists the settings of the configuration file.
func (m *manual) settings() {
	m.print(".SH SETTINGS\n%s\n", troff("The configuration file is TOML. `cardea config show` prints what is in force; operating.md in /usr/share/doc/cardea says what each means."))
	for _, s := range config.List() {
		m.print(".TP\n.B %s\n", troff(s.Name))
		switch {
		case s.Variable == "":
			m.print("%s\n", troff("in the file alone"))
		case s.Default == "":
			m.print("%s\n", troff("$"+s.Variable))
		default:
			m.print("%s\n", troff("$"+s.Variable+", by default "+s.Default))
		}
	}
}

func arguments(node *kong.Node) string {
	var all strings.Builder
	for _, argument := range node.Positional {
		all.WriteString(" " + argument.Summary())
	}
	return all.String()
}

// troff writes a text so that troff prints it as it is.
func troff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}
