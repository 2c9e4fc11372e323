package signin

import (
	"context"
	"slices"

	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// flow is one AuthFlow: where it may begin, what it needs, and its first step.
type flow struct {
	entries  []Entry
	permit   string // the ExplicitAuthFlows value that allows it; the pages may send a password without
	refusal  string // Cognito's words when the client lacks the permit
	required []string
	find     func(*attempt, *db.Tx) error // loads whom the sign-in is about
	first    func(*attempt) (*success, error)
	sends    func(*attempt) string // the password that comes with it, by which a user can be migrated; nil: none does
}

var (
	srpFlow = flow{
		entries:  []Entry{ByApp, ByAdministrator},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
		refusal:  "USER_SRP_AUTH is not enabled for the client.",
		required: []string{"USERNAME", "SRP_A"},
		find:     (*attempt).find, // the answer to the exchange is the guess
		first:    beginSRP,
	}
	userPasswordFlow = flow{
		entries:  []Entry{ByApp, ByPages},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
		refusal:  "USER_PASSWORD_AUTH flow not enabled for this client",
		required: []string{"USERNAME", "PASSWORD"},
		find:     findToGuess,
		first:    beginPassword,
		sends:    (*attempt).givenPassword,
	}
	adminPasswordFlow = flow{
		entries:  []Entry{ByAdministrator},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
		refusal:  "Auth flow not enabled for this client",
		required: []string{"USERNAME", "PASSWORD"},
		find:     findToGuess,
		first:    beginPassword,
		sends:    (*attempt).givenPassword,
	}
	choiceFlow = flow{
		entries:  []Entry{ByApp, ByAdministrator, ByPages},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth,
		refusal:  "USER_AUTH is not enabled for the client.",
		required: []string{"USERNAME"},
		find:     findToChoose,
		first:    beginChoice,
		sends:    (*attempt).preferredPassword,
	}
	customFlow = flow{
		entries:  []Entry{ByApp, ByAdministrator},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowCustomAuth,
		refusal:  "CUSTOM_AUTH is not enabled for the client.",
		required: []string{"USERNAME"},
		find:     findToAskFunctions,
		first:    beginCustom,
	}
	refreshFlow = flow{
		entries:  []Entry{ByApp, ByAdministrator},
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		refusal:  "REFRESH_TOKEN_AUTH is not enabled for the client.", // nor when it rotates refresh tokens
		required: []string{"REFRESH_TOKEN"},
		find:     func(*attempt, *db.Tx) error { return nil },
	}
)

// flows by their names.
var flows = map[string]flow{
	cognitoidp.AuthFlowTypeUserSrpAuth:           srpFlow,
	cognitoidp.AuthFlowTypeUserPasswordAuth:      userPasswordFlow,
	cognitoidp.AuthFlowTypeAdminUserPasswordAuth: adminPasswordFlow,
	cognitoidp.AuthFlowTypeAdminNoSrpAuth:        adminPasswordFlow,
	cognitoidp.AuthFlowTypeUserAuth:              choiceFlow,
	cognitoidp.AuthFlowTypeCustomAuth:            customFlow,
	cognitoidp.AuthFlowTypeRefreshTokenAuth:      refreshFlow,
	cognitoidp.AuthFlowTypeRefreshToken:          refreshFlow,
}

// Begin starts a flow. Its errors are faults of InitiateAuth, and conditions.
func (s *Service) Begin(ctx context.Context, in Request) (*Outcome, error) {
	f := flows[in.Name] // one without entries, if there is none
	if !f.in(in.Entry) {
		return nil, cognitoidp.InvalidParameter("Initiate Auth method not supported")
	}
	if f.first == nil {
		return s.refresh(ctx, in, beginning{f})
	}
	return s.run(ctx, in, beginning{f})
}

// beginning is the step that begins a flow.
type beginning struct{ flow flow }

// load checks first what needs no user: whether the client may use the flow and whether everything was sent.
func (b beginning) load(a *attempt, tx *db.Tx) error {
	a.validation = a.in.Metadata
	if err := a.enter(tx); err != nil {
		return err
	}
	byForm := a.in.Entry == ByPages && a.in.Name == cognitoidp.AuthFlowTypeUserPasswordAuth
	if !byForm && !a.Client.Allows(b.flow.permit) {
		return cognitoidp.InvalidParameter(b.flow.refusal)
	}
	if err := a.in.require(b.flow.required...); err != nil {
		return err
	}
	if trigger.Configured(a.Pool.Doc.LambdaConfig, triggerevent.PreAuthentication) {
		// The function is asked before anything is judged: an address that is refused anyway must not have it run.
		if err := a.source.RateLimited(tx, a.Pool.ID); err != nil {
			return err
		}
	}
	return b.flow.find(a, tx)
}

// askFirst asks PreAuthentication, and then UserMigration where the pool does not know the user.
func (b beginning) askFirst(a *attempt) error {
	if err := a.askToBegin(); err != nil {
		return err
	}
	if b.flow.sends == nil {
		return nil
	}
	return a.migrate(b.flow.sends(a))
}

func (b beginning) judge(a *attempt) (*success, error) { return b.flow.first(a) }

func (beginning) judgedInCommit() bool { return false }

func (f flow) in(e Entry) bool {
	return slices.Contains(f.entries, e)
}

// findToGuess finds whom USERNAME names and begins a try at their password.
func findToGuess(a *attempt, tx *db.Tx) error {
	if err := a.find(tx); err != nil {
		return err
	}
	return a.beginTry(tx)
}
