package server

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/feature/dryrun"
	"cardea/inbound/wording"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/record/datakey"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// DryRun asks triggers of pools beside running servers, by the functions of its own configuration. It reads the database and
// never writes.
type DryRun struct {
	db        *db.DB
	functions functions
	service   dryrun.Service
}

// OpenDryRun opens the database that c names, which a server has been started on before, and makes the functions. Close it
// when done.
func OpenDryRun(ctx context.Context, c Config) (*DryRun, error) {
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	store, err := db.Open(ctx, c.Database, db.Options{Now: c.now(), ReadOnly: true})
	if err != nil {
		return nil, err
	}
	invoked, err := newFunctions(c, telemetry.New(c.Version))
	if err != nil {
		_ = store.Close() // nothing was written
		return nil, err
	}
	ring := &datakey.Ring{Master: master}
	triggers := trigger.Triggers{Functions: invoked.Functions}
	return &DryRun{store, invoked, dryrun.Service{
		Apps:     access.Apps{DB: store, Ring: ring},
		DB:       store,
		Tokens:   &token.Minter{DB: store, Ring: ring, Triggers: triggers, Issuer: c.issuers().Issuer},
		Triggers: triggers,
	}}, nil
}

// Question is what a dry run asks, and Report what came of it.
type (
	Question = dryrun.Request
	Report   = dryrun.Report
)

// Close closes the database and ends functions that run here.
func (d *DryRun) Close() error {
	d.functions.close()
	return d.db.Close()
}

// Ask asks a trigger. The report is nil when it was not asked. Where the function has kept the operation from going on, the
// error is what a client would see.
func (d *DryRun) Ask(ctx context.Context, in Question) (*Report, error) {
	report, err := d.service.Run(ctx, in)
	stopped, ok := errors.AsType[*trigger.Error](err)
	if report == nil || !ok {
		return report, err
	}
	return report, clientsError(report, stopped)
}

// operations are those whose clients see what becomes of a trigger, by its source. The others have the same wording.
var operations = map[string]string{
	"PreSignUp_SignUp": "SignUp", "PreSignUp_AdminCreateUser": "AdminCreateUser",
	"PostConfirmation_ConfirmSignUp": "ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword": "ConfirmForgotPassword",
	"TokenGeneration_RefreshTokens": "GetTokensFromRefreshToken", "TokenGeneration_ClientCredentials": "GetClientToken",
}

// clientsError is what a client is told.
func clientsError(report *Report, stopped *trigger.Error) error {
	name, known := operations[report.Source]
	if !known {
		name = "InitiateAuth"
	}
	op := (&cognitoidp.API{}).Service().Operations[name]
	fault := wording.Cognito(&op, stopped)
	switch report.Trigger {
	case triggerevent.UserMigration:
		return fmt.Errorf("%w (clients are told that there is no such user)", fault)
	case triggerevent.CustomEmailSender, triggerevent.CustomSMSSender:
		return fmt.Errorf("%w (clients are told nothing, and the message is tried again)", fault)
	}
	return fault
}
