package dryrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/spec/triggerevent"
)

// Service asks triggers.
type Service struct {
	Apps     access.Apps
	DB       *db.DB
	Tokens   *token.Minter
	Triggers trigger.Triggers
}

// Request says what to ask. Pool and Trigger are required; what else is, depends on the trigger.
type Request struct {
	Pool, Trigger string
	Source        string // the triggerSource, or the part of it behind the underscore; empty: the trigger's first
	User          string // a name that the user signs in with
	Client        string // empty: the pool's only app client

	Attributes     map[string]string // that are submitted with a sign-up; nil: those of User
	Metadata       map[string]string // the ClientMetadata of the operation
	ValidationData map[string]string
	Scopes         []string // of an OAuth sign-in
	Password       string   // for UserMigration

	Challenge string            // for CreateAuthChallenge; empty: CUSTOM_CHALLENGE
	Private   map[string]string // privateChallengeParameters
	Answer    string            // to the challenge

	// Event is sent instead of the event that these would make; nil: that one. Of it are taken the source, the user and the
	// client, too, where they are not given.
	Event []byte
}

// Report is what a function was asked, and what came of it. Passwords in it are masked.
type Report struct {
	Trigger  triggerevent.Trigger
	Occasion triggerevent.Occasion
	Source   string
	Function string // the ARN
	Event    []byte
	Reply    []byte // nil: none
	Decision any    // for JSON; nil when the function has refused, failed, or has nothing to say
}

// Run asks a trigger. When the function was asked and has kept the operation from going on, there is a report besides the
// error, which is a *trigger.Error.
func (s *Service) Run(ctx context.Context, in Request) (*Report, error) {
	if err := in.complete(); err != nil {
		return nil, err
	}
	name, err := named(in.Trigger)
	if err != nil {
		return nil, err
	}
	occasion, err := occasionOf(name, in.Source)
	if err != nil {
		return nil, err
	}
	q := &question{Service: s, in: in, name: name}
	if err := s.DB.Read(ctx, func(tx *db.Tx) error { return q.load(tx, occasion) }); err != nil {
		return nil, err
	}

	exchange := &trigger.Exchange{Event: in.Event}
	ctx, operation := trigger.Begin(ctx, time.Time{})
	operation.Inspect(exchange)
	report := &Report{
		Trigger: name, Occasion: occasion, Source: name.Source(occasion), Function: trigger.ARN(q.call.Pool.Doc.LambdaConfig, name),
	}
	report.Decision, err = askers[name](ctx, q)
	if len(operation.Asked()) == 0 {
		if err == nil {
			err = fmt.Errorf("%s is not asked for %s with the pool's settings", name, occasion)
		}
		return nil, err
	}
	report.Event, report.Reply = masked(exchange.Event), masked(exchange.Reply)
	if err != nil {
		report.Decision = nil
	}
	return report, err
}

// named is the trigger of a name.
func named(given string) (triggerevent.Trigger, error) {
	var all []string
	for _, name := range trigger.Every() {
		if strings.EqualFold(given, string(name)) {
			return name, nil
		}
		all = append(all, string(name))
	}
	return "", fmt.Errorf("%q is not a trigger; the triggers are %s", given, strings.Join(all, ", "))
}

// occasionOf is the occasion that a source names.
func occasionOf(name triggerevent.Trigger, source string) (triggerevent.Occasion, error) {
	all := name.Occasions()
	if source == "" {
		return all[0], nil
	}
	_, part, whole := strings.Cut(source, "_")
	if !whole {
		part = source
	}
	occasion := triggerevent.Occasion(part)
	if slices.Contains(all, occasion) && (!whole || source == name.Source(occasion)) {
		return occasion, nil
	}
	var sources []string
	for _, one := range all {
		sources = append(sources, name.Source(one))
	}
	return "", fmt.Errorf("%q is not a source of %s; its sources are %s", source, name, strings.Join(sources, ", "))
}

var errNoClient = errors.New("name an app client: the pool has none, or several")
