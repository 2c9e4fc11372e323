package trigger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

const localSource = `
import os, sys, time
def handler(event, context):
    case = event["userName"]
    if case == "refuse": raise ValueError("not you")
    if case == "exit": sys.exit(3)
    if case == "slow": time.sleep(30)
    if case == "long": return "x" * 2000000
    event["response"] = {"arn": context.invoked_function_arn, "name": context.function_name}
    return event`

// startLocal starts a function that runs on this machine, one invocation at a time.
func startLocal(t *testing.T) *trigger.Local {
	t.Helper()
	run, err := function.New(function.Config{Name: "f", Source: functiontest.File(t, "claims.py", localSource) + ":handler", Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return &trigger.Local{Function: run}
}

func local(t *testing.T) *trigger.Functions {
	t.Helper()
	return newFunctions(t, trigger.Entry{Function: startLocal(t), Transport: "local", Timeout: time.Second})
}

func askLocal(ctx context.Context, functions *trigger.Functions, user string) ([]byte, error) {
	return functions.Invoke(ctx, trigger.Ask{ARN: arnOfLocal, Event: []byte(`{"userName":"` + user + `"}`)})
}

const arnOfLocal = "arn:aws:lambda:us-east-1:123456789012:function:f:prod"

func TestLocalFunctionsAreInvoked(t *testing.T) {
	t.Parallel()
	reply, err := askLocal(t.Context(), local(t), "jane")
	if want := `"response": {"arn": "` + arnOfLocal + `", "name": "f"}`; err != nil || !strings.Contains(string(reply), want) {
		t.Errorf("got %s, %v", reply, err)
	}
}

func TestLocalFunctionsFail(t *testing.T) {
	t.Parallel()
	functions := local(t)
	_, err := askLocal(t.Context(), functions, "refuse")
	if refused, ok := errors.AsType[*trigger.Refused](err); !ok || refused.Message != "not you" {
		t.Errorf("an exception: %v", err)
	}
	if _, err = askLocal(t.Context(), functions, "long"); !errors.Is(err, trigger.ErrInvalid) {
		t.Errorf("a reply that is too long: %v", err)
	}
	for user, want := range map[string]trigger.Failed{
		"exit": {Kind: trigger.Crashed, Text: "Runtime exited"}, "slow": {Kind: trigger.Timeout, Text: "Task timed out after 1.00 seconds"},
	} {
		_, err := askLocal(t.Context(), functions, user)
		if failed, ok := errors.AsType[*trigger.Failed](err); !ok || failed.Kind != want.Kind || !strings.Contains(failed.Text, want.Text) {
			t.Errorf("%s: %#v", user, err)
		}
	}
}

func TestBusyLocalFunctionsAreThrottled(t *testing.T) {
	t.Parallel()
	run := startLocal(t)
	arn, err := trigger.ParseARN(arnOfLocal)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	for range 2 {
		go func() {
			reply, err := run.Invoke(t.Context(), trigger.Call{ARN: arn, Payload: []byte(`{"userName":"slow"}`), Deadline: time.Now().Add(3 * time.Second)})
			if err == nil && !strings.Contains(string(reply.Payload), "Task timed out") {
				err = errors.New(string(reply.Payload))
			}
			ended <- err
		}()
	}
	first, second := <-ended, <-ended
	if failed, ok := errors.AsType[*trigger.Failed](first); !ok || failed.Kind != trigger.Throttled || second != nil {
		t.Errorf("got %v and %v", first, second)
	}
}
