package main

import (
	"fmt"
	"io"
	"strings"

	"cardea/server"
)

// screen is the text that a development server prints when it is ready.
type screen struct {
	URL       string
	Region    string
	Demo      server.Demo
	Data      string
	Authority string // the CA file when serving https
	Open      bool   // other machines can reach the server
	Key       accessKey
	Enforced  bool // signatures are checked and policies asked
}

// print writes the screen; its last line is written when everything is ready to be used.
func (s screen) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nCardea is ready, for development.\n\n")
	fmt.Fprintf(&b, "  Endpoint   %s\n", s.URL)
	fmt.Fprintf(&b, "  Inbox      %s/_cardea/inbox   (every mail and text message arrives here)\n", s.URL)
	if s.Demo.Pool != "" {
		fmt.Fprintf(&b, "  Demo pool  %s\n", s.Demo.Pool)
		fmt.Fprintf(&b, "  Client     %s   (sign-up by anyone; SRP, password and refresh sign-in; no secret)\n", s.Demo.Client)
	}
	if s.Demo.Identities != "" {
		fmt.Fprintf(&b, "  Identities %s   (an identity pool: credentials for users of the client)\n", s.Demo.Identities)
	}
	if s.Demo.App != "" {
		fmt.Fprintf(&b, "  Demo app   %s   (sign up and sign in at the pool's pages, and see the tokens)\n", s.Demo.App)
	}
	fmt.Fprintf(&b, "  Data       %s\n\n", s.Data)
	fmt.Fprintf(&b, "For the AWS CLI and SDKs:\n\n")
	fmt.Fprintf(&b, "  export AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=%s AWS_ENDPOINT_URL_STS=%s\n", s.URL, s.URL)
	fmt.Fprintf(&b, "  export AWS_ENDPOINT_URL_COGNITO_IDENTITY=%s AWS_ENDPOINT_URL_IAM=%s\n", s.URL, s.URL)
	fmt.Fprintf(&b, "  export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s AWS_DEFAULT_REGION=%s\n", s.Key.ID, s.Key.Secret, s.Region, s.Region)
	if s.Authority != "" {
		fmt.Fprintf(&b, "  export AWS_CA_BUNDLE=%s\n", s.Authority)
		fmt.Fprintf(&b, "  export NODE_EXTRA_CA_CERTS=%s\n", s.Authority)
	}
	if s.Enforced {
		fmt.Fprintf(&b, "\nThis is a root key: signatures are checked, and policies of IAM decide what other keys may do.\n")
	} else {
		fmt.Fprintf(&b, "\nAny access key is accepted and signatures are not checked: every client that reaches this server can administer it.\n")
	}
	if s.Open {
		fmt.Fprintf(&b, "WARNING: it listens beyond this machine.\n")
	}
	fmt.Fprintf(&b, "For production, use cardea serve.\n\n")
	_, err := io.WriteString(w, b.String())
	return err
}
