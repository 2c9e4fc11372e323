package dryrun

import (
	"errors"
	"fmt"
	"maps"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/triggerevent"
)

// question is a trigger about to be asked.
type question struct {
	*Service
	in   Request
	name triggerevent.Trigger
	call trigger.Call
}

// load finds the pool, the app client and the user.
func (q *question) load(tx *db.Tx, occasion triggerevent.Occasion) error {
	p, err := access.Pool(tx, q.in.Pool)
	if unknown, ok := errors.AsType[*access.UnknownError](err); ok {
		return fmt.Errorf("there is %w", unknown)
	}
	if err != nil {
		return err
	}
	if !trigger.Configured(p.Doc.LambdaConfig, q.name) {
		return fmt.Errorf("the pool %s has no trigger %s", p.ID, q.name)
	}
	q.call = trigger.Call{
		App: access.App{Pool: p}, Occasion: occasion, Username: q.in.User, Metadata: q.in.Metadata, Data: q.in.ValidationData,
	}
	if err := q.findClient(tx); err != nil {
		return err
	}
	if q.name == triggerevent.UserMigration || occasion == triggerevent.ClientCredentials {
		return nil // it is about nobody in the pool
	}
	return q.findUser(tx)
}

// findClient finds the app client that was named, or else the only one of the pool.
func (q *question) findClient(tx *db.Tx) error {
	name := q.in.Client
	if name == "" {
		if q.call.Occasion == triggerevent.AdminCreateUser {
			return nil // administrators have none
		}
		all, err := client.List(tx, q.call.Pool.ID, "", 2)
		if err != nil {
			return err
		}
		if len(all) != 1 {
			return errNoClient
		}
		name = string(all[0].ID)
	}
	app, err := q.Apps.FindIn(tx, string(q.call.Pool.ID), name)
	if unknown, ok := errors.AsType[*access.UnknownError](err); ok {
		return fmt.Errorf("there is %w in the pool", unknown)
	}
	q.call.App = app
	return err
}

// mayBeUnknown are the triggers that are also asked about names which nobody has.
var mayBeUnknown = map[triggerevent.Trigger]bool{
	triggerevent.PreSignUp: true, triggerevent.InboundFederation: true, triggerevent.PreAuthentication: true,
	triggerevent.DefineAuthChallenge: true, triggerevent.CreateAuthChallenge: true, triggerevent.VerifyAuthChallengeResponse: true,
}

func (q *question) findUser(tx *db.Tx) error {
	if q.in.User == "" {
		if q.name == triggerevent.InboundFederation {
			return nil
		}
		return errors.New("name a user")
	}
	u, err := account.Find(tx, q.call.Pool, q.in.User)
	if errors.Is(err, db.ErrNotFound) {
		if mayBeUnknown[q.name] {
			return nil
		}
		return fmt.Errorf("there is no user %q in the pool", q.in.User)
	}
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	q.call.User, q.call.Username = u, u.Username
	return nil
}

// submitted are the attributes of a sign-up: those given, or else the user's.
func (q *question) submitted() map[string]string {
	if q.in.Attributes != nil || q.call.User == nil {
		return q.in.Attributes
	}
	return maps.Clone(q.call.User.Attributes)
}
