package awsapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/platform/serve"
	"cardea/platform/telemetry"
	"cardea/spec/cognitoidp"
)

// signin answers as a sign-in by SRP does, and does nothing for it.
type signin struct{ cognitoidp.Signin }

func (signin) InitiateAuth(context.Context, *cognitoidp.InitiateAuthRequest) (*cognitoidp.InitiateAuthResponse, error) {
	return &cognitoidp.InitiateAuthResponse{
		ChallengeName: "PASSWORD_VERIFIER",
		ChallengeParameters: map[string]string{
			"USERNAME": "0af0af0a-0af0-40af-80af-0af0af0af0af", "USER_ID_FOR_SRP": "0af0af0a-0af0-40af-80af-0af0af0af0af",
			"SALT": text(32), "SRP_B": text(768), "SECRET_BLOCK": text(1000),
		},
	}, nil
}

func (signin) RespondToAuthChallenge(
	context.Context, *cognitoidp.RespondToAuthChallengeRequest,
) (*cognitoidp.RespondToAuthChallengeResponse, error) {
	return &cognitoidp.RespondToAuthChallengeResponse{AuthenticationResult: &cognitoidp.AuthenticationResultType{
		AccessToken: text(950), IdToken: text(1000), RefreshToken: text(200), ExpiresIn: 3600, TokenType: "Bearer",
	}}, nil
}

var long = strings.Repeat("0123456789abcdef", 64)

func text(n int) string { return long[:n] }

// requests are as SDKs send them.
var requests = map[string]string{
	"InitiateAuth": `{"AuthFlow":"USER_SRP_AUTH","ClientId":"1example23456789abcdefghij",` +
		`"AuthParameters":{"USERNAME":"someone@example.com","SRP_A":"` + text(768) + `"},"ClientMetadata":{}}`,
	"RespondToAuthChallenge": `{"ChallengeName":"PASSWORD_VERIFIER","ClientId":"1example23456789abcdefghij",` +
		`"ChallengeResponses":{"USERNAME":"0af0af0a-0af0-40af-80af-0af0af0af0af","PASSWORD_CLAIM_SECRET_BLOCK":"` + text(1000) +
		`","TIMESTAMP":"Fri Jan 2 15:04:05 UTC 2026","PASSWORD_CLAIM_SIGNATURE":"` + text(44) + `"},"ClientMetadata":{}}`,
}

func sent(operation string) []byte {
	body := requests[operation]
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: localhost:9229\r\nUser-Agent: aws-sdk-js/3.700.0\r\nContent-Length: %d\r\n"+
		"Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: AWSCognitoIdentityProviderService.%s\r\nAccept-Encoding: gzip\r\n\r\n%s",
		len(body), operation, body)
}

func serving() *Handler {
	return &Handler{
		Services: []Service{{Service: (&cognitoidp.API{Signin: signin{}}).Service()}},
		Recorder: serve.Recorder{
			Log:     slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError})),
			Observe: telemetry.New("bench").Operation,
		},
	}
}

// BenchmarkCall is the cost of an answer without what the operation does for it and without net/http.
func BenchmarkCall(b *testing.B) {
	for operation, body := range requests {
		b.Run(operation, func(b *testing.B) {
			handler := serving()
			read, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent(operation))))
			if err != nil {
				b.Fatal(err)
			}
			read.RemoteAddr = "127.0.0.1:40000"
			b.ReportAllocs()
			for b.Loop() {
				r := *read
				r.Body = io.NopCloser(strings.NewReader(body))
				handler.ServeHTTP(discard{}, &r)
			}
		})
	}
}

// discard is a ResponseWriter that discards everything.
type discard http.Header

func (n discard) Header() http.Header          { return http.Header(n) }
func (discard) Write(text []byte) (int, error) { return len(text), nil }
func (discard) WriteHeader(int)                {}

// BenchmarkServed is the cost of a request on a kept connection, its client's included, beside one that is answered with
// next to nothing.
func BenchmarkServed(b *testing.B) {
	nothing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // as far as it goes
		_, _ = w.Write([]byte("{}"))       // as far as it goes
	})
	b.Run("nothing", func(b *testing.B) { served(b, nothing, sent("InitiateAuth")) })
	for operation := range requests {
		b.Run(operation, func(b *testing.B) { served(b, serving(), sent(operation)) })
	}
}

func served(b *testing.B, handler http.Handler, request []byte) {
	server := httptest.NewServer(handler)
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close()
	reader := bufio.NewReader(connection)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := connection.Write(request); err != nil {
			b.Fatal(err)
		}
		answer, err := http.ReadResponse(reader, nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Fatal(answer, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
	}
}
