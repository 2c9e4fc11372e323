package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"cardea/platform/config"
	"cardea/platform/telemetry"
	"cardea/server"
)

type triggerCommand struct {
	Pool    string `arg:"" help:"The user pool's id."`
	Trigger string `arg:"" help:"The trigger, such as PreTokenGeneration."`

	User     string            `help:"A name that the user signs in with." placeholder:"NAME"`
	Client   string            `help:"The app client; not needed where the pool has one only." placeholder:"ID"`
	Source   string            `help:"The triggerSource, such as TokenGeneration_RefreshTokens; by default the trigger's first." placeholder:"SOURCE"`
	Metadata map[string]string `help:"ClientMetadata; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Event    string            `help:"A file with the event to send instead of the one that the server would." type:"existingfile" placeholder:"FILE"`

	ValidationData map[string]string `help:"ValidationData of a sign-up; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Attribute      map[string]string `help:"An attribute submitted with a sign-up; may be repeated. Without any, those of the user." placeholder:"NAME=VALUE" mapsep:"none"`
	Scope          []string          `help:"A scope of an OAuth sign-in; may be repeated." placeholder:"SCOPE" sep:"none"`
	Challenge      string            `help:"The challengeName for CreateAuthChallenge; by default CUSTOM_CHALLENGE." placeholder:"NAME"`
	Private        map[string]string `help:"A private parameter of the challenge, for VerifyAuthChallengeResponse; may be repeated." placeholder:"KEY=VALUE" mapsep:"none"`
	Answer         string            `help:"The answer to the challenge." placeholder:"TEXT"`

	configFlag
	functionFlag
	Data string `help:"The folder of a development server, instead of a configuration; by default .cardea, if there is no configuration and a server has run there." type:"path" placeholder:"FOLDER"`
}

// Help is shown behind the flags.
func (triggerCommand) Help() string {
	return `The function is really invoked, by the server's configuration and the --function flags. The database is opened read-only: ` +
		`no token is signed and no message sent. The password for UserMigration is read from standard input and never shown. ` +
		`The exit code is 1 when the function refuses or fails; the error is the one that a client would see.`
}

// Run asks the trigger.
func (c triggerCommand) Run(t terminal) error {
	question, err := c.question(t)
	if err != nil {
		return err
	}
	settings, err := c.settings(t)
	if err != nil {
		return err
	}
	dry, err := server.OpenDryRun(t.ctx, settings)
	if err != nil {
		return err
	}
	defer dry.Close()

	report, wrong := dry.Ask(t.ctx, question)
	if report != nil {
		if err := show(t.stdout, report); err != nil {
			return err
		}
	}
	return wrong
}

// question is what the flags ask.
func (c triggerCommand) question(t terminal) (q server.Question, err error) {
	q = server.Question{
		Pool: c.Pool, Trigger: c.Trigger, Source: c.Source, User: c.User, Client: c.Client,
		Attributes: c.Attribute, Metadata: c.Metadata, ValidationData: c.ValidationData, Scopes: c.Scope,
		Challenge: c.Challenge, Private: c.Private, Answer: c.Answer,
	}
	if c.Event != "" {
		if q.Event, err = os.ReadFile(c.Event); err != nil {
			return q, fmt.Errorf("--event: %w", err)
		}
		return q, nil
	}
	if strings.EqualFold(c.Trigger, "UserMigration") && !strings.HasSuffix(c.Source, "ForgotPassword") {
		q.Password, err = bufio.NewReader(t.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return q, fmt.Errorf("read the password: %w", err)
		}
		q.Password = strings.TrimRight(q.Password, "\r\n")
	}
	return q, nil
}

// settings are those of the server whose pool is asked about. What functions print is shown.
func (c triggerCommand) settings(t terminal) (settings server.Config, err error) {
	folder := c.Data
	if folder == "" && c.Config == "" {
		folder = ".cardea"
	}
	_, missing := os.Stat(filepath.Join(folder, "master.key"))
	switch {
	case missing == nil && folder != "":
		dev := devCommand{functionFlag: c.functionFlag, Addr: "127.0.0.1:9229", Data: folder, Account: "123456789012", Region: "us-east-1", Log: "info"}
		var ready prepared
		ready, err = dev.prepare(t)
		settings = ready.settings
	case c.Data != "":
		return settings, fmt.Errorf("--data: no development server has run there: %w", missing)
	default:
		settings, err = c.production(t)
	}
	if err != nil {
		return settings, err
	}
	settings.Log, err = telemetry.Logger(t.stderr, "debug", "text")
	return settings, err
}

// production are the settings of the configuration, with the functions of the flags.
func (c triggerCommand) production(t terminal) (server.Config, error) {
	settings, err := c.load(t)
	if err != nil {
		return settings, err
	}
	named, err := c.functions(nil)
	settings.Functions = config.OverrideFunctions(settings.Functions, named)
	return settings, err
}

// show prints a report.
func show(w io.Writer, report *server.Report) error {
	decision := []byte("The operation goes on.")
	if report.Reply == nil {
		decision = []byte("The operation does not go on.")
	}
	if report.Decision != nil {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(report.Decision); err != nil {
			return fmt.Errorf("show the decision: %w", err)
		}
		decision = text.Bytes()
	}
	_, err := fmt.Fprintf(w, "Function  %s\nSource    %s\n\nEvent\n%s\n\nReply\n%s\n\nDecision\n%s\n",
		report.Function, report.Source, indented(report.Event), indented(report.Reply), indented(decision))
	return err
}

// indented is a JSON document for people; anything else stays as it is. Attributes of users are strangers' text, which must not
// command a terminal.
func indented(document []byte) string {
	if len(document) == 0 {
		return "none"
	}
	var text bytes.Buffer
	if json.Indent(&text, bytes.TrimSpace(document), "", "  ") != nil {
		text.Reset()
		text.Write(document)
	}
	var safe strings.Builder
	for _, r := range text.String() {
		if unicode.IsControl(r) && r != '\n' {
			fmt.Fprintf(&safe, "\\u%04x", r)
			continue
		}
		safe.WriteRune(r)
	}
	return safe.String()
}
