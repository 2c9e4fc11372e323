package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// event says what to do.
type event struct {
	Do    string `json:"do"`
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// broken is a reader that fails after some bytes, as that of a connection that is lost.
type broken struct{ text io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if err == io.EOF {
		err = errors.New("connection lost")
	}
	return n, err
}

func handle(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "panic":
		panic(e.Text)
	case "fail":
		return nil, errors.New(e.Text)
	case "break":
		return broken{strings.NewReader(e.Text)}, nil
	case "sleep":
		time.Sleep(time.Duration(e.Count) * time.Millisecond)
	case "exit":
		os.Exit(e.Count)
	case "repeat":
		return strings.Repeat(e.Text, e.Count), nil
	case "environment":
		return os.Environ(), nil
	case "context":
		return about(ctx), nil
	}
	return map[string]any{"text": e.Text, "pid": os.Getpid()}, nil
}

func about(ctx context.Context) map[string]any {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	folder, _ := os.Getwd()
	return map[string]any{
		"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "name": lambdacontext.FunctionName, "folder": folder,
		"memory": lambdacontext.MemoryLimitInMB, "remaining": time.Until(deadline).Milliseconds(), "argument": os.Args[0],
	}
}

func main() {
	// A failing reader is passed through only by a handler of bytes.
	lambda.Start(lambda.NewHandler(func(ctx context.Context, raw json.RawMessage) (any, error) {
		var e event
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
		return handle(ctx, e)
	}))
}
