package dryrun

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"cardea/spec/triggerevent"
)

// complete takes from the event given what it says and the request does not.
func (in *Request) complete() error {
	if in.Event == nil {
		return nil
	}
	var event struct {
		TriggerSource, UserName string
		CallerContext           struct{ ClientID string }
		Request                 map[string]json.RawMessage
	}
	if err := json.Unmarshal(in.Event, &event); err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	if event.TriggerSource == "" || event.Request == nil {
		return errors.New("the event lacks triggerSource or request")
	}
	in.Source = cmp.Or(in.Source, event.TriggerSource)
	in.User = cmp.Or(in.User, event.UserName)
	if client := event.CallerContext.ClientID; client != triggerevent.NoClient {
		in.Client = cmp.Or(in.Client, client)
	}
	return nil
}

// masked is an event, or the reply that returns it, without its password.
func masked(document []byte) []byte {
	var event struct {
		Request struct{ Password json.RawMessage }
	}
	if json.Unmarshal(document, &event) != nil || len(event.Request.Password) == 0 {
		return document
	}
	return bytes.ReplaceAll(document, event.Request.Password, []byte(`"***"`))
}
